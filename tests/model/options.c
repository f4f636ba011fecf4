/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "port/model_port.h"
#include "scenario.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: explorer [OPTION ...]\n"
    "\n"
    "Runs the library's own sources on a simulated machine in every order within the\n"
    "bounds, and checks what each scenario promises.\n"
    "\n"
    "  --list             the scenarios and their promises\n"
    "  --scenario NAME    this one only (may be given again); NAME* for a prefix\n"
    "  --deep             the larger bounds of each scenario\n"
    "  --preemptions N    these bounds in place of the scenarios' own\n"
    "  --interrupts N\n"
    "  --migrations N\n"
    "  --stale N          loads of values that are not the newest\n"
    "  --seconds S        give up on a scenario after so long, which is no result\n"
    "  --json FILE        executions and violations of each scenario\n"
    "  --save FOLDER      where a violation's replay goes (default: here)\n"
    "  --replay FILE      one execution again, step by step\n"
    "  --help\n"
    "\n"
    "Exit status: 0 all promises held within the bounds, 1 one did not, 2 the options are\n"
    "wrong, 3 time ran out on a scenario, and no promise was broken until then.\n";

static void list(void)
{
    for (unsigned i = 0; scenarios[i] != NULL; i++) {
        if (model_port_choose(scenarios[i]->port)) {
            (void)printf("%-26s %s\n", scenarios[i]->name, scenarios[i]->promise);
        }
    }
}

static _Noreturn void wrong(const char *what, const char *value)
{
    (void)fprintf(stderr, "explorer: %s '%s' (see --help)\n", what, value);
    exit(2);
}

static bool matches(const char *pattern, const char *name)
{
    size_t length = strlen(pattern);
    if (length > 0 && pattern[length - 1] == '*') {
        return strncmp(pattern, name, length - 1) == 0;
    }
    return strcmp(pattern, name) == 0;
}

static void choose(struct options *options, const char *pattern)
{
    for (unsigned i = 0; scenarios[i] != NULL; i++) {
        if (matches(pattern, scenarios[i]->name)) {
            if (options->chosen_count == OPTIONS_SCENARIOS) {
                wrong("too many scenarios, from", pattern);
            }
            options->chosen[options->chosen_count++] = pattern;
            return;
        }
    }
    wrong("there is no scenario", pattern);
}

static int number(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < 0 || value > 100) {
        wrong("a bound is a number from 0 to 100, not", text);
    }
    return (int)value;
}

static double seconds(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= 0)) {
        wrong("--seconds takes a number, not", text);
    }
    return value;
}

static void open_json(struct options *options, const char *path)
{
    options->json = fopen(path, "w");
    options->json_rows = calloc(1, sizeof(*options->json_rows));
    if (options->json == NULL || options->json_rows == NULL) {
        wrong("cannot write", path);
    }
    (void)fprintf(options->json, "{\"explorer\": [");
}

void options_read(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"list", no_argument, NULL, 'l'},
        {"scenario", required_argument, NULL, 's'},
        {"deep", no_argument, NULL, 'd'},
        {"preemptions", required_argument, NULL, 'p'},
        {"interrupts", required_argument, NULL, 'i'},
        {"migrations", required_argument, NULL, 'm'},
        {"stale", required_argument, NULL, 'o'},
        {"seconds", required_argument, NULL, 't'},
        {"json", required_argument, NULL, 'j'},
        {"save", required_argument, NULL, 'f'},
        {"replay", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    options->preemptions = options->interrupts = options->migrations = options->stale = -1;
    options->folder = ".";
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'l':
            list();
            exit(EXIT_SUCCESS);
        case 'h':
            (void)fputs(help, stdout);
            exit(EXIT_SUCCESS);
        case 's':
            choose(options, optarg);
            break;
        case 'd':
            options->deep = true;
            break;
        case 'p':
            options->preemptions = number(optarg);
            break;
        case 'i':
            options->interrupts = number(optarg);
            break;
        case 'm':
            options->migrations = number(optarg);
            break;
        case 'o':
            options->stale = number(optarg);
            break;
        case 't':
            options->seconds = seconds(optarg);
            break;
        case 'j':
            open_json(options, optarg);
            break;
        case 'f':
            options->folder = optarg;
            break;
        case 'r':
            options->replay = optarg;
            break;
        default:
            exit(2);
        }
    }
    if (optind < argc) {
        wrong("no argument is expected, but there is", argv[optind]);
    }
}

bool options_chosen(const struct options *options, const char *name)
{
    for (unsigned i = 0; i < options->chosen_count; i++) {
        if (matches(options->chosen[i], name)) {
            return true;
        }
    }
    return options->chosen_count == 0;
}

static unsigned bound(int asked, unsigned given)
{
    return asked >= 0 ? (unsigned)asked : given;
}

struct bounds options_bounds(const struct options *options, const struct bounds *given)
{
    return (struct bounds){
        bound(options->preemptions, given->preemptions),
        bound(options->interrupts, given->interrupts),
        bound(options->migrations, given->migrations),
        bound(options->stale, given->stale),
    };
}

void options_add_json(const struct options *options, const char *name, const struct result *result,
                      bool kept)
{
    if (options->json != NULL) {
        (void)fprintf(options->json,
                      "%s\n  {\"scenario\": \"%s%s\", \"executions\": %llu, \"violations\": %d, "
                      "\"finished\": %s}",
                      (*options->json_rows)++ > 0 ? "," : "", name, model_port_suffix(),
                      (unsigned long long)result->executions, !kept,
                      result->exhausted ? "true" : "false");
    }
}

void options_end_json(const struct options *options)
{
    if (options->json != NULL) {
        (void)fprintf(options->json, "\n]}\n");
        if (fclose(options->json) != 0) {
            wrong("cannot write", "the JSON file");
        }
    }
}
