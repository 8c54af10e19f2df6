"""Finds the best settings of each tracker, all in the same way. Does not report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.contenders import Contender, Options
from bench.scenes import Scene
from bench.score import Score, score

Named = tuple[str, str, Scene]
"""Name, rate as text, scene."""


@dataclass(slots=True)
class Search:
    """Goes along one ladder after the other, as long as a step up or down is better, until none is."""

    contender: Contender
    scenes: Sequence[Named]
    tried: dict[tuple[float, ...], list[Score]] = field(default_factory=dict)
    """Scores on each scene, by options in the order of the ladders."""

    def best(self, without: str = "") -> Options:
        """The best of all tried by the mean of MOTA and IDF1, leaving out scenes of one name."""
        if not self.tried:
            self._climb()
        use = [i for i, (name, _, _) in enumerate(self.scenes) if name != without]
        key = max(self.tried, key=lambda key: _mean([self.tried[key][i] for i in use]))
        return dict(zip(self.contender.ladders, key, strict=True))

    def scores(self, options: Options, name: str) -> list[Score]:
        """What options that were tried reach on the scenes of one name."""
        tried = self.tried[tuple(options[each] for each in self.contender.ladders)]
        return [one for one, (named, _, _) in zip(tried, self.scenes, strict=True) if named == name]

    def at_end(self, options: Options) -> list[str]:
        """Which settings lie at an end of their ladder, so that better ones may lie beyond."""
        return [name for name, ladder in self.contender.ladders.items() if options[name] in (ladder[0], ladder[-1])]

    def _climb(self) -> None:
        at: dict[str, float] = dict(self.contender.start)
        worth = self._worth(at)
        better = True
        while better:
            better = False
            for name, ladder in self.contender.ladders.items():
                for step in (1, -1):
                    place = ladder.index(at[name]) + step
                    while 0 <= place < len(ladder) and (new := self._worth(at | {name: ladder[place]})) > worth:
                        at[name], worth, better = ladder[place], new, True
                        place += step

    def _worth(self, options: Mapping[str, float]) -> float:
        key = tuple(options[name] for name in self.contender.ladders)
        if key not in self.tried:
            self.tried[key] = [score([(scene, self.contender.run(scene, options)[0])]) for _, _, scene in self.scenes]
        return _mean(self.tried[key])


def _mean(scores: Sequence[Score]) -> float:
    return float(np.mean([(each.mota + each.idf1) / 2 for each in scores]))
