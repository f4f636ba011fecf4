/* SPDX-License-Identifier: Apache-2.0 */
/* Written from RTX5's documentation: its mutex control block, of which the port needs the size. */
#ifndef RTX_OS_H_
#define RTX_OS_H_

#define osRtxMutexCbSize 28U

#endif
