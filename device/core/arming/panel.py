"""The alarm panel: armed state, exit and entry delay, alarm, bypasses. Reads no clock, checks no PIN, drives no pin."""

import math
from dataclasses import replace
from typing import Final

from device.core.arming.command import Answer, Command
from device.core.arming.lockout import Lockout
from device.core.arming.schedule import Schedule, Transition
from device.core.arming.standing import RULE, Cause, PanelSettings, Phase, Saved, Standing
from device.core.arming.timetable import Timetable
from device.core.arming.told import Told
from device.core.event import ArmedState, Draft, Priority

LEAVING: Final = frozenset[ArmedState]({"away", "night"})
"""States that somebody arms and then leaves: only these wait for the exit delay."""
LONGEST_MUTE_S: Final = 3600.0

Drafts = tuple[Draft, ...]


class Panel:
    """One panel, told of commands, alarms and the time; ``t`` never goes back.

    ::

        disarmed --arm--> arming --exit delay--> armed_* --alarm on the way in--> pending --entry delay--> triggered
                                                    '------------ any other alarm ----------------------------^
        any --disarm--> disarmed            triggered --no alarm for alarm_s--> armed_*
    """

    def __init__(
        self, settings: PanelSettings, schedule: Schedule, saved: Saved, t: float, *, pins_set: bool = False
    ) -> None:
        """Go on from what was saved.

        An exit delay is over then, an entry delay begins anew, an alarm sounds again: cutting the power helps nobody.
        """
        self._settings = settings
        self._pins_set = pins_set
        self._lockout = Lockout(saved.locks, t)
        self._timetable = Timetable(schedule, saved.schedule_to, t)
        phase: Phase = "ready" if saved.phase == "arming" or saved.armed == "disarmed" else saved.phase
        self._standing = Standing(saved.armed, phase, t, frozenset(saved.bypassed))
        self._told = Told()
        self._cause: Cause | None = None
        self._postponed: Transition | None = None
        self._alarm_t = t
        self.muted_until = t
        """Until when outputs that can be muted are silent, s."""
        self.changes = 0
        """Grows with whatever is to outlive a restart."""

    @property
    def standing(self) -> Standing:
        """How things stand, as of the last call."""
        return self._standing

    def saved(self, t: float) -> Saved:
        """What is to outlive a restart."""
        now = self._standing
        locks = self._lockout.saved(t)
        return Saved(now.armed, now.phase, tuple(sorted(now.bypassed)), locks, self._timetable.done_to)

    def locked_s(self, source: str, t: float) -> float:
        """How long no PIN of a source is worth checking, s."""
        return self._lockout.left_s(source, t)

    def begin(self, t: float) -> Drafts:
        """What is said at the start."""
        now, reason = self._standing, f"the guard starts, {self._standing.panel.replace('_', ' ')}"
        if now.armed == "disarmed":
            return self._told.disarmed(now, t, (reason,), "info")
        return self._told.armed(now, t, (reason,), self._worth(now.phase))

    def stop(self, t: float, why: str) -> Drafts:
        """What is said at the end; the state holds."""
        return self._told.ended(self._standing, t, (why, "it starts again in the same state"))

    def due(self) -> float:
        """When the phase ends by itself, s; infinity where it does not."""
        now, settings = self._standing, self._settings
        match now.phase:
            case "arming":
                return now.since + settings.exit_delay_s
            case "pending":
                return now.since + settings.entry_delay_s
            case "triggered":
                return self._alarm_t + settings.alarm_s
            case _:
                return math.inf

    def tick(self, t: float, wall: float | None) -> Drafts:
        """Let time pass; ``wall`` is Unix time, or None while it cannot be trusted."""
        drafts = self._expire(t)
        before = self._timetable.done_to
        transition = self._timetable.due(t, wall)
        now = self._timetable.done_to
        # Where a schedule began must outlive a restart, or nobody would know what was missed.
        if transition is not None or (now is not None and (before is None or now < before)):
            self.changes += 1
        if transition is not None:
            drafts += self._scheduled(transition, t)
        return drafts + self._told.schedule_waits(t, waits=self._timetable.waits)

    def alarm(self, cause: Cause, t: float) -> tuple[Priority, Drafts]:
        """Something happened that its rule calls an alarm now; what it is worth, and what the panel says to it."""
        drafts = self._expire(t)
        now = self._standing
        if now.in_force == "disarmed":
            # Theft, panic and tamper are alarms in every state, and set off no panel that is not armed.
            return ("notice" if cause.may_wait else "alarm"), drafts
        self._alarm_t = t
        if now.phase == "triggered":
            return "alarm", drafts
        if cause.may_wait and self._waits(cause):
            if now.phase != "pending":
                self._cause = cause
                reasons = (cause.text, f"{self._settings.entry_delay_s:g} s to disarm")
                drafts += self._enter("pending", t, reasons)
            return "warning", drafts
        self._cause = cause
        return "alarm", drafts + self._enter("triggered", t, (cause.text,))

    def command(self, command: Command, t: float, wall: float | None) -> Answer:
        """Do what is asked, or say why not."""
        drafts = self.tick(t, wall)
        refusal = self._refusal(command, t)
        if refusal is not None:
            text, priority = refusal
            return Answer(done=False, text=text, drafts=drafts + self._told.refused(command, t, text, priority))
        match command.action:
            case "arm":
                answer = self._arm_asked(command, t)
            case "disarm":
                answer = self._disarm_asked(command, t)
            case "bypass" | "unbypass":
                answer = self._bypass_asked(command, t)
            case "mute" | "unmute":
                answer = self._mute_asked(command, t)
            case "panic":
                answer = self._panic_asked(command, t)
        return replace(answer, drafts=drafts + answer.drafts)

    def _refusal(self, command: Command, t: float) -> tuple[str, Priority] | None:
        """Why a command may not be, and what that is worth telling."""
        if command.proof == "key":
            return None
        locked_s = self._lockout.left_s(command.source, t)
        if locked_s > 0.0 and (command.proof != "none" or self._weakens(command)):
            return f"too many wrong PINs: locked for {math.ceil(locked_s)} s", "warning"
        if command.proof == "none":
            return self._unproven(command)
        self.changes += 1
        if command.proof == "wrong":
            lock_s = self._lockout.wrong(command.source, t)
            return f"wrong PIN: locked for {lock_s:g} s" if lock_s else "wrong PIN", "warning"
        self._lockout.right(command.source)
        return None

    def _unproven(self, command: Command) -> tuple[str, Priority] | None:
        """Why a command without a PIN may not be."""
        if not self._weakens(command):
            return None
        if self._pins_set:
            return "this needs the PIN", "notice"
        if self._standing.armed != "disarmed":
            return "refused while armed, as no PIN is set: use the key, or `shopwarden pin set`", "notice"
        return None

    def _weakens(self, command: Command) -> bool:
        """Whether a command may let somebody pass who should not."""
        if command.action == "arm":
            # From one armed state to another, or a new exit delay, is a way out of the first.
            return self._standing.armed not in ("disarmed", command.state)
        return command.action in ("disarm", "bypass", "mute")

    def _arm_asked(self, command: Command, t: float) -> Answer:
        state = command.state
        if state is None:
            return Answer(done=False, text="arm needs a state: home, away or night")
        if state == "disarmed":
            return Answer(done=False, text="arm to home, away or night; `disarm` disarms")
        if state == self._standing.armed:
            return Answer(done=True, text=f"it is {self._standing.panel.replace('_', ' ')} already")
        self._postponed = None
        drafts = self._arm(state, t, f"armed {state} by {command.by}", command, delay=True)
        return Answer(done=True, text=self._standing.panel.replace("_", " "), drafts=drafts)

    def _disarm_asked(self, command: Command, t: float) -> Answer:
        self._postponed = None
        return Answer(done=True, text="disarmed", drafts=self._disarm(t, f"disarmed by {command.by}", command))

    def _bypass_asked(self, command: Command, t: float) -> Answer:
        place = command.place
        if place is None or place not in self._settings.places:
            return Answer(done=False, text=f"there is no zone, line, shelf, input or rule {place!r}")
        old, adds = self._standing.bypassed, command.action == "bypass"
        self._standing = replace(self._standing, bypassed=old | {place} if adds else old - {place})
        self.changes += 1
        if place.startswith(RULE):
            text = f"the rule {place.removeprefix(RULE)} is {'off' if adds else 'on'}"
        else:
            text = f"{place} is {'bypassed until it is disarmed' if adds else 'guarded again'}"
        return Answer(done=True, text=text, drafts=self._told.obeyed(command, t, f"{text}, by {command.by}"))

    def _mute_asked(self, command: Command, t: float) -> Answer:
        for_s = command.for_s if command.for_s is not None else self._settings.alarm_s
        if not 0.0 < for_s <= LONGEST_MUTE_S:
            return Answer(done=False, text=f"mute takes up to {LONGEST_MUTE_S:g} s")
        self.muted_until = t + for_s if command.action == "mute" else t
        text = f"muted for {for_s:g} s" if command.action == "mute" else "no longer muted"
        return Answer(done=True, text=text, drafts=self._told.obeyed(command, t, f"{text}, by {command.by}"))

    def _panic_asked(self, command: Command, t: float) -> Answer:
        _, drafts = self.alarm(Cause("panic", place=command.source), t)
        text = f"panic, by {command.by}"
        return Answer(done=True, text="the alarm is raised", drafts=(*self._told.panic(command, t, text), *drafts))

    def _scheduled(self, transition: Transition, t: float) -> Drafts:
        if self._standing.phase in ("pending", "triggered"):
            # A schedule ends no alarm; it has its way when the alarm is over.
            self._postponed = transition
            return ()
        return self._obey(transition, t)

    def _obey(self, transition: Transition, t: float) -> Drafts:
        if transition.state == self._standing.armed:
            return ()
        why = f"by the schedule of {transition.local}"
        if transition.state == "disarmed":
            return self._disarm(t, f"disarmed {why}", None)
        return self._arm(transition.state, t, f"armed {transition.state} {why}", None, delay=False)

    def _arm(self, state: ArmedState, t: float, why: str, command: Command | None, *, delay: bool) -> Drafts:
        # A schedule never opens a gap between two armed states; whoever has the PIN may walk out.
        leaves = state in LEAVING and (delay or self._standing.armed == "disarmed")
        waits = leaves and self._settings.exit_delay_s > 0.0
        drafts = self._told.ended(self._standing, t, (why,))
        self._standing = replace(self._standing, armed=state, phase="arming" if waits else "ready", since=t)
        self.changes += 1
        reasons = (why, f"{self._settings.exit_delay_s:g} s to leave") if waits else (why,)
        return drafts + self._told.armed(self._standing, t, reasons, "notice", **_audit(command))

    def _disarm(self, t: float, why: str, command: Command | None) -> Drafts:
        before, self._cause = self._standing, None
        off = frozenset(name for name in before.bypassed if name.startswith(RULE))
        self._standing = Standing("disarmed", since=t, bypassed=off)
        self.changes += 1
        drafts = self._told.ended(before, t, (why,))
        return drafts + self._told.disarmed(self._standing, t, (why,), "notice", was=before.panel, **_audit(command))

    def _waits(self, cause: Cause) -> bool:
        """Whether an alarm waits for the entry delay: on the way in, and anywhere once somebody is on it."""
        if self._settings.entry_delay_s <= 0.0:
            return False
        entry = self._settings.entry
        return self._standing.phase == "pending" or not entry or not entry.isdisjoint(cause.names)

    def _expire(self, t: float) -> Drafts:
        """End a phase whose time is up."""
        if t < self.due():
            return ()
        now, settings = self._standing, self._settings
        if now.phase == "arming":
            return self._enter("ready", t, (f"the exit delay of {settings.exit_delay_s:g} s is over",))
        if now.phase == "pending":
            self._alarm_t = t
            first = (self._cause.text,) if self._cause else ()
            why = f"nobody disarmed within {settings.entry_delay_s:g} s"
            return self._enter("triggered", t, (*first, why))
        drafts = self._enter("ready", t, (f"no new alarm for {settings.alarm_s:g} s",))
        postponed, self._postponed = self._postponed, None
        return drafts + (self._obey(postponed, t) if postponed else ())

    def _enter(self, phase: Phase, t: float, reasons: tuple[str, ...]) -> Drafts:
        self._standing = replace(self._standing, phase=phase, since=t)
        self.changes += 1
        cause = {"cause": self._cause.data} if self._cause and phase in ("pending", "triggered") else {}
        return self._told.armed(self._standing, t, reasons, self._worth(phase), **cause)

    @staticmethod
    def _worth(phase: Phase) -> Priority:
        return "alarm" if phase == "triggered" else "warning" if phase == "pending" else "notice"


def _audit(command: Command | None) -> dict[str, str | None]:
    """Who did it."""
    return {"source": "schedule", "who": None} if command is None else {"source": command.source, "who": command.who}
