"""What can be tuned about following things. Does nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ClassThresholds:
    """Scores of one class, 0..1, low <= begin <= high <= sure."""

    low: float
    """From here on a detection may continue a track that is due just there."""
    begin: float
    """From here on it may begin one, which nobody believes yet."""
    high: float
    """From here on it may continue any track."""
    sure: float
    """A track is believed only once it was seen so surely."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.low <= self.begin <= self.high <= self.sure <= 1.0:
            raise ValueError(f"thresholds must rise from low to sure, within 0..1: {self}")


def _person() -> dict[str, ClassThresholds]:
    return {"person": ClassThresholds(low=0.15, begin=0.3, high=0.45, sure=0.5)}


# ``begin`` for people: .2 follows 50 things in a street with 6 people, .3 follows 25 and scores no worse; at .35 and .4
# the clips lose .01 to .03 of MOTA, because who comes from behind something is scored so low at first. At .25 the clips
# gain .002, the simulated scenes of eleven seeds nothing, and a look costs a seventh more.


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """Lengths are in heights of the thing itself, so that they hold near the camera and far from it.

    Where no other source is given, a number was set by hand on two street clips of 3 and 7 s at 25, 12.5, 8.3, 5 and
    2.5 looks a second, from several first pictures, and on the simulated scenes of ``bench.scenes``, by the mean of
    MOTA and IDF1; ``low``, ``begin`` and ``max_distance`` are checked against their neighbours by ``make track-table``.
    """

    thresholds: Mapping[str, ClassThresholds] = field(default_factory=_person)
    """By label."""
    other: ClassThresholds = ClassThresholds(low=0.25, begin=0.25, high=0.33, sure=0.35)
    """For labels without thresholds of their own: goods are lost at .4."""
    kin: tuple[tuple[str, ...], ...] = (("car", "truck", "bus"),)
    """Labels that a detector takes for one another; a track may change between them."""
    recheck_s: float = 0.7
    """While something lives that is not scenery, look again this often, motion or not."""
    recheck_scenery_s: float = 5.0
    """The same where all that lives is likely scenery."""
    forget_s: float = 8.0
    """A confirmed track is given up when it was looked for this long and not found."""
    forget_new_s: float = 1.0
    """The same for one that is not confirmed yet."""
    forget_scenery_s: float = 30.0
    """The same for likely scenery that is not believed."""
    miss_cap_s: float = 1.0
    """One look counts for at most this long, for evidence and for absence, however long ago the look before was."""
    confirm_hits: int = 2
    """Detections over ``high`` that make a track believed ..."""
    part_inside: float = 0.5
    """A detection that shares so much of the smaller one's area with a better one says nothing for belief.

    Beside each person there is half a box over .2 around a part of them (the clips, shrunk to people 40 to 90 px tall);
    without this, such parts were about half of all false rows in the simulated scenes. From .4 to .65 alike."""
    confirm_s: float = 0.4
    """... and for how long it must have been watched until it was last seen."""
    confirm_score: float = 0.35
    """Mean score, misses counted in, of a thing that has moved."""
    beside_score: float = 0.45
    """The same for one that was nearly always beside a better one: parts of people go along with them ..."""
    beside_doubt: float = 0.12
    """... and it is believed until the mean falls so much below."""
    confirm_still_s: float = 1.0
    """A thing that stands where nothing moves is believed no sooner than this ..."""
    confirm_still_score: float = 0.6
    """... and when its mean score, misses counted in, reaches this ..."""
    confirm_came_score: float = 0.5
    """... or this, where motion was seen with it ..."""
    confirm_stirred_score: float = 0.45
    """... or this, where it stirs: on clips of people at a table, shrunk to 80 to 350 px, every person stirs in
    60 % of looks or more, and of scenery that is scored so high nothing does."""
    stirred_frac: float = 0.05
    """Part of a box that must have changed for it to stir ..."""
    stirred_share: float = 0.55
    """... in such a part of all detections ..."""
    alone_share: float = 0.1
    """... in which nothing touched it, and there must be such a part of these among all ..."""
    stirred_doubt: float = 0.03
    """... until the mean falls so much below: scenery is no further."""
    doubt: float = 0.08
    """... until it falls so much below."""
    still_wander: float = 0.1
    """Heights: no further than this (one standard deviation) is such a thing looked for."""
    acceleration: float = 0.8
    """Heights/s^2: how hard things change their pace."""
    slow_down_s: float = 3.0
    """Time constant with which an unseen thing is expected to stop."""
    appearance_span: float = 0.1
    """Appearance counts for no more than this distance from even, either way."""
    first_pace: float = 0.8
    """Heights/s: how fast a thing may be when it is first seen."""
    depth_pace: float = 0.6
    """How much slower things get up and down the picture than across it."""
    size_drift: float = 0.1
    """Heights per square root of a second: how fast width and height change."""
    foot_noise: float = 0.05
    """Heights: how far a detected foot is off; on the same shrunk clips .04 to .05 across, .03 to .04 down."""
    size_noise: float = 0.08
    """Heights: the same for width and height; measured: .06 to .08, two edges together."""
    smoothing: float = 0.7
    """How far a reported box is drawn from the detected towards the filtered one, 0..1."""
    max_distance: float = 3.25
    """A match may be off by so many standard deviations; at 3.5 a walker's number more often stays with scenery that
    they pass, at 2.75 people are lost in a crowd."""
    appearance_weight: float = 40.0
    """Cost of one unit of appearance distance (1 - cosine); at 30 IDF1 is .004 lower on clips and simulated scenes."""
    appearance_even: float = 0.06
    """Appearance distance at which same and different are equally likely."""
    hidden_word: float = 0.5
    """So much of its appearance counts where all of a box is behind a surely seen one that is nearer, and the more the
    more is shown, all from a half on: what is seen there is not its own. On 47 times ten minutes of a drawn shop that
    and ``edge_cost`` took false stays from 7 to 4, missed ones from 7 to 6; at .2 the clips lose .01 of IDF1."""
    edge_cost: float = 2.0
    """Cost of a match at a side of the picture with what was cut off there and missed since, where ..."""
    edge_level: float = 2.0
    """... foot and height are off by so many standard deviations of noise: there one goes and another comes."""
    left_over_span: float = 0.05
    """``appearance_span`` where both a thing and a detection just there are left over: that one went and another came
    in its place between two looks is less likely than that it looks different, half behind somebody or in another
    light."""
    left_over_s: float = 0.6
    """... if the thing was missed for no longer before: up to 1.5 alike; at .3 one more stay of 295 breaks ..."""
    left_over_level: float = 1.0
    """... but where the edge of the picture cuts a box off, only if foot and height are off by so many standard
    deviations of noise: there one does go while another comes."""
    max_spread_cost: float = 4.0
    """Cost of not knowing where it is, at most."""
    fade: float = 0.5
    """Cost of a match for each second that the thing was looked for in vain."""
    blind_cost: float = 0.2
    """Cost of a match with a thing that may have walked, for each second in which nobody looked: after half a minute
    somebody else of the same looks is as likely there."""
    stand_wander: float = 0.07
    """Heights: who stands is found so far from where they were last seen (one standard deviation, beside the noise)."""
    stand_fade: float = 0.25
    """The same as ``fade`` for who stands."""
    stand_cost: float = 0.5
    """Cost of taking a thing to have stood since it was last seen ..."""
    stand_pace_cost: float = 8.0
    """... and so much more for the square of its pace then, in heights/s, up to ``max_spread_cost``."""
    claim_cost: float = 2.0
    """Cost of a match of anything else with a doubtful box where scenery is due and nothing moves by itself: without
    it, who passes a sign or stands before it leaves the number there (scene "signs"); from 2 to 10 alike."""
    new_cost: float = 4.0
    """Cost of a match with a thing that is not confirmed yet."""
    low_overlap: float = 0.3
    """A detection below ``high`` must overlap the expected box (IoU) at least so much."""
    low_forget_s: float = 1.5
    """It continues nothing that was missed for longer than this, except scenery, which is still in its place."""
    same_overlap: float = 0.6
    """A detection that overlaps another one (IoU) so much is the same thing ..."""
    same_inside: float = 0.85
    """... or that lies inside it, or around it, with so much of the smaller one's area."""
    move_distance: float = 0.5
    """Heights from where it was first seen: then it has moved ..."""
    move_distance_changed: float = 0.25
    """... or so many, where the picture changed too."""
    changed_frac: float = 0.2
    """Part of a box that must have changed to count as motion there."""
    hidden_frac: float = 0.5
    """Part of an expected box behind something nearer, from which on a miss is no wonder."""
    hidden_pace: float = 0.5
    """How much of such a miss counts."""
    left_margin: float = 0.0
    """Widths beyond the edge of the picture, where a foot point is gone for good."""
    arrived_share: float = 0.8
    """Part of all detections with motion there, so that a thing that is believed has come ..."""
    arrive_s: float = 1.5
    """... after this long, though it has not moved since."""
    unchanged_frac: float = 0.04
    """Part of a box that may have changed where nothing moved."""
    stray: float = 0.4
    """Heights: nothing gets further than this without a change in the picture."""
    odd_cost: float = 4.0
    """Cost of a match with motion for what never moved, or without any for what must have walked."""
    changed_share: float = 0.5
    """Part of all detections of a thing with motion there, so that it came and does not belong to the scenery."""
    max_tracks: int = 100
    """No more than this live at once: the youngest that is neither believed nor just seen gives way, or none begins."""
    max_detections: int = 100
    """No more than this are read from one look, best first."""

    def of(self, label: str) -> ClassThresholds:
        """Thresholds of a label."""
        return self.thresholds.get(label, self.other)

    def kind(self, label: str) -> str:
        """The name shared by all labels that are taken for one another."""
        return next((group[0] for group in self.kin if label in group), label)
