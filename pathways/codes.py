"""Every number that stands for a word: states, reasons, events, purposes, columns.

The kernel's declarations are generated from this file (see :mod:`pathways.declarations`), so a
name means the same on both engines. The lists are append-only: a number that has been written to
a results file or used to address a draw is never given another meaning. The file uses the
standard library only, because it is read at build time before the package can be imported.
"""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """Where a patient stands on the pathway."""

    REFERRED = 0
    CONVENTIONAL = 1
    WAITING = 2
    COURSE = 3
    FOLLOW_UP = 4
    MAINTENANCE = 5
    PAUSED = 6
    EXITED = 7
    RECOVERED = 8
    DEAD = 9


class ExitReason(IntEnum):
    """Why treatment ended, in order of precedence on one day (docs/model.md 8)."""

    NONE = 0
    DEATH = 1
    ADVERSE_EVENT = 2
    LABORATORY_STOP = 3
    NOT_ELIGIBLE = 4
    DOSE_CAP = 5
    COUNT_CAP = 6
    TIME_LIMIT = 7
    TAPER_COMPLETED = 8
    RECOVERED = 9
    NON_RESPONSE = 10
    LOSS_OF_RESPONSE = 11
    COULD_NOT_PAY = 12
    PATIENT_CHOICE = 13
    LOST = 14
    TREATMENT_COMPLETED = 15
    LEFT_WAITING_LIST = 16


class Event(IntEnum):
    """What the event log records; `code` and `value_1..3` are described in docs/model.md."""

    REFERRED = 1
    ASSESSED = 2
    BOOKED = 3
    PAUSED = 4
    BASELINE_TAKEN = 5
    COURSE_STARTED = 6
    ADMINISTERED = 7
    WITHIN_DAY_SCORE = 8
    COURSE_COMPLETED = 9
    JUDGED = 10
    FAILURE_NOT_ACTED_ON = 11
    ESCALATED = 12
    MAINTAINED = 13
    REPEATED = 14
    TAPER_STARTED = 15
    EXIT_RULE_TRUE = 16
    EXITED = 17
    RECOVERED = 18
    RELAPSED = 19
    DIED = 20
    RULES_CHANGED = 21
    CRITERION_SCORED = 22
    PROGRAMME_STARTED = 23
    THERAPY_STOPPED = 24
    THERAPY_COMPLETED = 25
    ACUTE_HARM = 26
    HARM_ONSET = 27
    HARM_RECOVERED = 28
    HARM_DETECTED = 29
    TESTED = 30
    REQUESTED = 31
    ASSESSMENT_BOOKED = 32
    NO_SHOW = 33
    CANCELLED = 34
    RE_REFERRED = 35
    OUTSIDE_STARTED = 36
    OUTSIDE_INFUSION = 37
    OUTSIDE_STOPPED = 38


class Step(IntEnum):
    """The ten steps of a day (docs/model.md, The day)."""

    CHANGES_AND_DEATHS = 1
    REFERRALS = 2
    WEEKLY = 3
    SYMPTOMS = 4
    DIARY = 5
    VISITS = 6
    BOOKING = 7
    ADMINISTRATION = 8
    DOSE_ENTERS = 9
    ACCRUAL = 10


class Purpose(IntEnum):
    """What a random draw is for; part of the draw's address."""

    NONE = 0
    TRAIT = 1
    DEATH_CLOCK = 2
    REFERRAL_DAY = 3
    ENROLMENT = 4
    DIARY_ERROR = 5
    DIARY_MISSING = 6
    FLARE = 7
    WITHIN_DAY_SCORE = 8
    ACUTE_HARM = 9
    SESSION_ATTENDANCE = 10
    SESSION_DROPOUT = 11
    THERAPY_PERSISTENCE = 12
    RESPONDER_AT_COURSE = 13
    ADHERENCE_TO_RULE = 20
    PATIENT_CHOICE = 21
    DOMAIN_ERROR = 22
    NO_SHOW = 23
    WAITING_CLOCK = 24
    LOSS_CLOCK = 25
    REREFERRAL_CLOCK = 26
    OUTSIDE_UPTAKE = 27
    OUTSIDE_STOP = 28
    RECOVERY_CLOCK = 30
    RELAPSE_CLOCK = 31
    HARM_ONSET = 32
    HARM_RECOVERY = 33
    HARM_PERMANENT = 34
    HARM_FATAL = 35
    HARM_NOTICED = 36
    HARM_TEST = 37
    LEAD_TO_ASSESSMENT = 40
    LEAD_TO_TREATMENT = 41
    POPULATION_VALUE = 60


class Trait(IntEnum):
    """Occurrence numbers of ``Purpose.TRAIT``: one uniform (lane 0) for each."""

    AGE = 1
    SEX = 2
    WEIGHT = 3
    CLEARANCE = 4
    C50 = 5
    RESPONDER = 6
    EXPECTATION_SHARE = 7
    EXPECTATION_AMPLITUDE = 8
    CONDITION = 9
    DEPRESSION = 10
    ANXIETY = 11
    INSOMNIA = 12
    OPIOID_MISUSE = 13
    HYPERTENSION = 14
    HYPERTENSION_UNCONTROLLED = 15
    CARDIOVASCULAR_DISEASE = 16
    LIVER_DISEASE_MODERATE = 17
    LIVER_DISEASE_SEVERE = 18
    SUBSTANCE_USE_HISTORY = 19
    SUBSTANCE_USE_ACTIVE = 20
    PSYCHOSIS_HISTORY = 21
    RAISED_PRESSURE = 22
    INTERFERENCE = 23
    SLEEP = 24
    MOOD = 25
    QUALITY_OF_LIFE = 26
    OPIOID_DOSE = 27
    THERAPY_RESPONSE = 28
    YEARLY_BUDGET = 29


class Comorbidity(IntEnum):
    """Bit positions of the comorbidity mask."""

    DEPRESSION = 0
    ANXIETY = 1
    INSOMNIA = 2
    OPIOID_MISUSE = 3
    HYPERTENSION = 4
    HYPERTENSION_UNCONTROLLED = 5
    CARDIOVASCULAR_DISEASE = 6
    LIVER_DISEASE_MODERATE = 7
    LIVER_DISEASE_SEVERE = 8
    SUBSTANCE_USE_HISTORY = 9
    SUBSTANCE_USE_ACTIVE = 10
    PSYCHOSIS_HISTORY = 11
    RAISED_PRESSURE = 12


class Condition(IntEnum):
    """The painful condition, in the order used by the condition mix."""

    SPINAL_CORD_INJURY = 0
    CRPS = 1
    OTHER_NEUROPATHIC = 2
    FIBROMYALGIA = 3


class Domain(IntEnum):
    """What a response can be judged on."""

    PAIN = 0
    INTERFERENCE = 1
    SLEEP = 2
    MOOD = 3
    QUALITY_OF_LIFE = 4
    GLOBAL_IMPRESSION = 5
    OPIOID_DOSE = 6


class Baseline(IntEnum):
    """What a score is compared with."""

    ENROLMENT = 0
    MEAN_OF_LAST_DAYS = 1
    SAME_DAY = 2
    BEST_OF_LAST_DAYS = 3
    WORST_OF_LAST_DAYS = 4


class Statistic(IntEnum):
    """How the scores of a window become one number."""

    SCORE_ON_DAY = 0
    MEAN = 1
    MEDIAN = 2
    WORST = 3
    BEST = 4
    SHARE_OF_DAYS = 5


class Moment(IntEnum):
    """Within-day moments at which pain is scored on an administration day."""

    END = 0
    ONE_HOUR = 1
    FOUR_HOURS = 2


class Combine(IntEnum):
    """How criteria combine."""

    ALL = 0
    ANY = 1
    K_OF = 2


class MissingRule(IntEnum):
    """What too few scores mean."""

    FAIL = 0
    NOT_JUDGED = 1
    CARRY = 2


class Verdict(IntEnum):
    """Outcome of a judgement."""

    FAILED = 0
    PASSED = 1
    NOT_JUDGED = 2


class Visit(IntEnum):
    """What the next visit is for."""

    NONE = 0
    ASSESSMENT = 1
    JUDGEMENT = 2
    REVIEW = 3


class Maintenance(IntEnum):
    """What follows a response."""

    NONE = 0
    INTERVAL = 1


class Curve(IntEnum):
    """Rows of the table of the immediate effect, per course day."""

    PEAK = 0
    END = 1
    ONE_HOUR = 2
    FOUR_HOURS = 3
    MEAN_EFFECT = 4


class Family(IntEnum):
    """Families of therapy."""

    MEDICATION = 0
    ACTIVITY = 1
    BEHAVIOURAL = 2
    INTERDISCIPLINARY = 3
    USER_DEFINED = 4


class ProgrammeFor(IntEnum):
    """Who is in the policy's programme."""

    NONE = 0
    ALL = 1
    TREATED = 2


class AcuteHarm(IntEnum):
    """Harms of a single administration, in table order."""

    DISSOCIATION = 0
    NAUSEA = 1
    SEVERE_HYPERTENSION = 2
    OTHER_ACUTE = 3


class ChronicHarm(IntEnum):
    """Harms that build up, in table order."""

    LIVER_INJURY = 0
    CYSTITIS = 1
    USE_DISORDER = 2
    CARDIOVASCULAR_EVENT = 3
    PSYCHIATRIC_EVENT = 4
    COGNITIVE_COMPLAINT = 5


class HarmCause(IntEnum):
    """The two independent processes of a chronic harm."""

    BACKGROUND = 0
    EXCESS = 1


class Metric(IntEnum):
    """What an excess hazard depends on."""

    LIFETIME_MG = 0
    TRAILING_MG = 1
    TRAILING_DAYS = 2
    TRAILING_HOURS = 3
    PEAK = 4


class Link(IntEnum):
    """How an excess hazard depends on it."""

    NONE = 0
    LOG_LINEAR = 1
    LINEAR = 2
    THRESHOLD = 3
    TABLE = 4


class Payer(IntEnum):
    """Who pays."""

    HEALTH_SYSTEM = 0
    PATIENT = 1


class CostLine(IntEnum):
    """What is paid for."""

    ASSESSMENT = 0
    FOLLOW_UP = 1
    INFUSION = 2
    DRUG = 3
    TRAVEL = 4
    MONITORING = 5
    ACUTE_HARM = 6
    CHRONIC_HARM = 7
    THERAPY = 8
    BACKGROUND = 9
    OUTSIDE = 10


class QueueOrder(IntEnum):
    """Who comes first on a waiting list."""

    FIRST_COME = 0
    CONTINUING_FIRST = 1
    NEW_FIRST = 2
    HIGHEST_PAIN = 3


class OutsideEnd(IntEnum):
    """Why a patient stops buying infusions elsewhere."""

    OWN_ACCORD = 0
    COULD_NOT_PAY = 1
    RE_REFERRED = 2
    RECOVERED = 3


class Status(IntEnum):
    """What a compiled routine returns."""

    DONE = 0
    EVENTS_FULL = 1
    ENROLMENT_UNREACHABLE = 2
    OVERFLOW = 3
    OFFER_WITHOUT_REQUEST = 4


ENUMS = (
    State,
    ExitReason,
    Event,
    Step,
    Purpose,
    Trait,
    Comorbidity,
    Condition,
    Domain,
    Baseline,
    Statistic,
    Moment,
    Combine,
    MissingRule,
    Verdict,
    Visit,
    Maintenance,
    Curve,
    Family,
    ProgrammeFor,
    AcuteHarm,
    ChronicHarm,
    HarmCause,
    Metric,
    Link,
    Payer,
    CostLine,
    QueueOrder,
    OutsideEnd,
    Status,
)
