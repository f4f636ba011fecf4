# SPDX-License-Identifier: Apache-2.0
"""How long each run of the next round may take, so that the budget holds."""

import time

from .plan import ASSUMED_OVERHEAD_S, Preset


class Pace:
    """The same time for every run of a round, so that ratios stay fair."""

    def __init__(self, preset: Preset, runs_per_round: int) -> None:
        self._preset = preset
        self._runs_per_round = max(runs_per_round, 1)
        self._start = time.monotonic()
        self._overhead_s = 0.0
        self._runs = 0

    def ran(self, wall_s: float, measured_s: float) -> None:
        """What a run really took beside its measured time."""
        self._overhead_s += wall_s - measured_s
        self._runs += 1

    def _overhead(self) -> float:
        return self._overhead_s / self._runs if self._runs else ASSUMED_OVERHEAD_S

    def seconds(self, rounds_left: int) -> float:
        """Measured seconds for each run of the next round."""
        preset = self._preset
        if preset.budget_s is None:
            return preset.longest_s
        left = preset.budget_s - self.elapsed()
        share = left / (rounds_left * self._runs_per_round) - self._overhead()
        return min(max(share, preset.shortest_s), preset.longest_s)

    def remaining(self, runs_left: int, seconds: float) -> float:
        """Expected time to the end."""
        return runs_left * (seconds + self._overhead())

    def elapsed(self) -> float:
        """Since the start."""
        return time.monotonic() - self._start
