/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold once memory had run out at any point whatever. */
#ifndef RECOVER_H
#define RECOVER_H

/* Stops the injection, then: the invariants hold; what the heap calls live is
 * what the tests hold; when that is freed and trimmed, every page is nobody's;
 * and the heap serves as a new one does. Complains and ends the process if not. */
void recover(void);

#endif
