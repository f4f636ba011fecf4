/* SPDX-License-Identifier: Apache-2.0 */
/* Written from ESP-IDF's documentation. */
#ifndef ESP_SYSTEM_H
#define ESP_SYSTEM_H

void __attribute__((__noreturn__)) esp_system_abort(const char *details);

#endif
