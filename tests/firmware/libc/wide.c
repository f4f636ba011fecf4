/* SPDX-License-Identifier: Apache-2.0 */
/* Wide streams, which the images have none of: newlib's output looks for this
 * whenever its headers are configured for wide characters. */
#include <reent.h>
#include <stdio.h>
#include <wchar.h>

wint_t _fputwc_r(struct _reent *reent, wchar_t character, FILE *stream);
wint_t _fputwc_r(struct _reent *reent, wchar_t character, FILE *stream)
{
    (void)reent;
    (void)character;
    (void)stream;
    return WEOF;
}
