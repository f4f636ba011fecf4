/* SPDX-License-Identifier: Apache-2.0 */
/* ESP-IDF writes this file from Kconfig; here the build gives the values. */
