# SPDX-License-Identifier: Apache-2.0
"""The allocation storm, on Linux and in firmware, and its report."""
