"""One patient: what is known of them, and their day."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from mesa import Agent

from pathways.codes import ExitReason, State, Step, Verdict, Visit
from pathways.layout import HISTORY_DAYS, MAX_CRITERIA, TRAITS
from pathways.model.attributes import PATIENT_ATTRIBUTES
from pathways.rules.books import Books
from pathways.rules.coming_and_going import ComingAndGoing
from pathways.rules.draws import AddressedDraws
from pathways.rules.exposure import Exposure
from pathways.rules.harms import Harms
from pathways.rules.ketamine import Infusion, Ketamine, WithinDayScore
from pathways.rules.limits import Limits
from pathways.rules.money import Money
from pathways.rules.natural_history import NaturalHistory
from pathways.rules.observation import Observation
from pathways.rules.outside import Outside
from pathways.rules.protocol import Protocol
from pathways.rules.referral import Referral
from pathways.rules.requests import Requests
from pathways.rules.response import Response, Total
from pathways.rules.symptoms import Symptoms
from pathways.rules.therapies import Therapies
from pathways.rules.treatment import Treatment

if TYPE_CHECKING:
    import numpy

    from pathways.model.clinic import ClinicAgent
    from pathways.model.model import PathwayModel

TRAIT_NAMES = tuple(field.name for field in TRAITS)
NEVER = -1
NO_DAY = 1 << 62
NO_FLARES = array("d")


class PatientAgent(
    Referral,
    NaturalHistory,
    Symptoms,
    Response,
    Treatment,
    Protocol,
    Limits,
    Requests,
    Ketamine,
    Therapies,
    Exposure,
    Harms,
    ComingAndGoing,
    Outside,
    Money,
    Observation,
    Books,
    AddressedDraws,
    Agent,
):
    """A patient with chronic pain, from referral to the end of the calendar or death.

    A subclass may replace any decision; :mod:`pathways.rules.treatment` lists them. Patient days
    are counted from the referral; -1 means never or none.

    Parameters
    ----------
    model : PathwayModel
    clinic : ClinicAgent
    traits : numpy.void
        One record of ``layout.TRAITS``; each field becomes an attribute of the same name, but
        ``clinic``, which is `clinic_number`.

    Attributes
    ----------
    clinic : ClinicAgent
        The clinic to which the patient is referred.
    day_step : Step
        Step of the day being lived, as the event log gives it.
    rules, course_rules : RuleSet
        In force today; in force when the present course was booked.
    state : State
    alive, in_care, recovered : bool
    results_day : int
        Day at whose start the results are taken.
    results : tuple
        Fields of ``layout.RESULTS`` as they were then; empty before.
    unsettled : bool
        Whether today's symptoms can differ from yesterday's; if not, nothing is worked out.
    lived_day : int
        Day lived last. On the quiet days after it nothing can happen.

    level, flare : float
        Long-run level of today's pain, NRS; deviation of this week's from it, NRS points.
    base_pain, treated_pain, undrugged_pain, pain, pain_without_drug : float
        Pain of today: untreated; after drug and programme; after the programme alone; as felt
        (after expectation too); as it would be felt without the drug. NRS.
    pain_for_utility, pain_drug_only : float
        Pain of today with the 24-hour mean of the immediate effect; the same with expectation left
        out. NRS.
    drug_relief, remaining : float
        Fraction of pain that the drug takes away today; that drug and programme leave, before the
        floor.
    removed : float
        Relief taken away by the floor of the remaining fraction, NRS points.
    pain_kept, pain_without_drug_kept : list of float
        The last 64 days, day `t` at ``t mod 64``.
    diary_since : int
        First day of the diary: that of the last referral.

    responds : int
        Whether ketamine relieves the pain now: the trait `responder` unless that is drawn again.
    slow_site : float
        Concentration at the slow effect site, ng/mL S-equivalents.
    lifetime_auc_s, dose_auc_s : float
        Exposure so far and of today's dose, ng h/mL S-equivalents.
    infusion : Infusion
        What is given today, or was given last.
    s_factor : float
        Potency of its drug relative to S-ketamine.
    expectation, raised_expectation, expectation_felt : float
        Relief by expectation: now; after today's infusion; in today's symptoms. NRS points.
    expectation_course : int
        Courses so far as expectation counts them.
    within_day : list of WithinDayScore
        Of the last infusion, by ``Moment``.

    visit_kind, visit_day : Visit, int
        The next visit.
    course_request, assessment_request, programme_request : Request or None
        What the patient asks the clinic for and waits for; only with queues.
    bookings : int
        Courses offered so far, also those not taken.
    booking_resources : Resources
        What the clinic had when the present course was booked.
    course_start_day, administration_day, course_day : int
        Of the course booked or under way; the last counts from 0.
    course_start_days : list of int
        First days of all courses so far.
    ladder_step, tries_at_step : int
        Present step from 0; courses begun at it.
    course_step : int
        Regimen of the course booked or under way: a ladder step, or the maintenance regimen.
    tapering : bool
    taper_index : int
        Number of the taper course, from 0.

    baselines : list of Total
        Sum and count of each criterion's baseline scores.
    baseline_definition : int
        Number of the definition they were taken for.
    judgement, judgement_bits : int
        Number of the next judgement; failures of the last sixteen, newest lowest.
    last_verdict : Verdict
        Of the last judgement that was passed or failed.
    ever_passed : bool

    therapies : list of Therapy
    in_programme : bool
        Whether the patient was ever enrolled in the programme of therapies.
    therapy_start_day : int
        First patient day on which the therapies run.
    programme_remaining : float
        Fraction of pain that the therapies leave.

    harms : list of HarmProcess
        Two for each chronic harm: background, then excess.
    active_harms : int
        How many of them are active.
    harms_at_risk : list of HarmProcess
        Those that are active or whose hazard is not 0.
    hazards_for : tuple of int
        Age and number of the rule set for which the hazards were worked out.
    hazards_due_week : int
        Calendar week from which exposure may have changed the hazards.
    exposure : list of ExposureWeek
        Calendar weeks with ketamine of which some may still count, in order.
    peak_highest : float
        Highest peak so far, ng/mL racemic equivalents.
    last_exposure_day : int
        Of the last infusion here or elsewhere.
    harmed_at_last_infusion : bool
    courses_at_last_test, last_test_day : list of int
        By monitoring test.
    stop_reasons : set of ExitReason
        Why treatment has to stop as soon as it can be acted on.

    paid_this_year : float
        What the patient paid for infusions in the year `paid_in_year` since the referral.
    death_remaining, recovery_remaining, relapse_remaining : float
        What is left of each exponential clock.
    choice_remaining, lost_remaining, waiting_remaining, rereferral_remaining : float
        What is left of the clocks of this referral: to stop of one's own accord, to be lost, to
        leave the waiting list, to be referred again.
    occasions : int
        Refusals and exits so far, at each of which a patient may begin to buy elsewhere.
    outside_day : int
        Of the next infusion elsewhere.
    outside_occasion, outside_remaining : int, float
        Occasion at which buying began; what is left of the clock at which it ends.
    flares, flares_from : array, int
        Normals drawn in advance for the flare, by calendar week; the first of those weeks.
    episode : int
        Episode of pain, from 0; one more after each relapse.
    last_tick, age_years : int
        Calendar day of the last Monday's update; completed years of age then.

    held_utility, held_pain, held_removed, held_drug_only : float
        Daily values not yet added up, since the day `books_day`.
    observations : dict from int to tuple
        By observed patient day, fields of ``layout.OBSERVATION``.
    trace : int
        Running 64-bit hash of events and weekly latent state.
    events : list of tuple
        Lines of the event log, fields of ``layout.EVENT``; empty unless the model keeps them.

    Notes
    -----
    The remaining attributes are the fields of ``layout.RESULTS``, described there.
    """

    __slots__ = PATIENT_ATTRIBUTES

    def __init__(self, model: PathwayModel, clinic: ClinicAgent, traits: numpy.void) -> None:
        super().__init__(model)
        for name, value in zip(TRAIT_NAMES, traits.item(), strict=True):
            setattr(self, name, value)
        self.clinic_number, self.clinic = self.clinic, clinic
        self.results_day = min(model.horizon_days, model.calendar_days - self.referral_day)
        self.results: tuple = ()
        self.draws = model.draws
        self.rules = self.course_rules = model.rule_sets[0]
        self._be_untouched()
        self._have_symptoms()
        self._have_no_treatment()
        self._have_no_judgement()
        self.have_no_programme()
        self.have_no_exposure()
        self.be_unharmed()
        self.have_no_requests()
        self.have_bought_nothing()
        self.have_paid_nothing()
        self.be_unobserved()
        self._open_books()

    def _be_untouched(self) -> None:
        self.lived_day = NEVER
        self.day_step = Step.CHANGES_AND_DEATHS
        self.alive = True
        self.recovered = False
        self.unsettled = True
        self.move_to(State.REFERRED)
        self.death_remaining = self.recovery_remaining = self.relapse_remaining = 0.0
        self.choice_remaining = self.lost_remaining = 0.0
        self.waiting_remaining = self.rereferral_remaining = 0.0
        self.re_referrals = 0
        self.episode = 0
        self.flares, self.flares_from = NO_FLARES, NO_DAY
        self.last_tick = self.age_years = 0
        self.died_day = self.recovered_day = NEVER

    def _have_symptoms(self) -> None:
        self.level = self.flare = 0.0
        self.drug_relief, self.remaining = 0.0, 1.0
        self.base_pain = self.treated_pain = self.undrugged_pain = 0.0
        self.pain = self.pain_without_drug = 0.0
        self.pain_for_utility = self.pain_drug_only = self.removed = 0.0
        self.pain_kept = [0.0] * HISTORY_DAYS
        self.pain_without_drug_kept = [0.0] * HISTORY_DAYS
        self.diary_since = 0
        self.responds = self.responder
        self.slow_site = self.lifetime_auc_s = self.dose_auc_s = 0.0
        self.infusion = Infusion(self.rules, 0, 0, 1.0)
        self.s_factor = 1.0
        self.expectation = self.raised_expectation = self.expectation_felt = 0.0
        self.expectation_course = 0
        self.within_day = [WithinDayScore(0, 0.0, 0.0)] * 3

    def _have_no_treatment(self) -> None:
        self.visit_kind, self.visit_day = Visit.NONE, NEVER
        self.course_start_day = self.administration_day = NEVER
        self.ladder_step = self.tries_at_step = self.course_step = 0
        self.course_day = self.taper_index = 0
        self.course_start_days: list[int] = []
        self.tapering = False
        self.assessed_day = self.eligible = NEVER
        self.first_infusion_day = self.last_infusion_day = NEVER
        self.courses = self.infusions = self.highest_step = 0
        self.racemic_mg = self.s_ketamine_mg = self.hours_infused = 0.0
        self.exit_reason = self.first_exit_reason = self.taper_reason = ExitReason.NONE
        self.exit_day = self.first_exit_day = NEVER

    def _have_no_judgement(self) -> None:
        self.baselines = [Total(0, 0)] * MAX_CRITERIA
        self.baseline_definition = NEVER
        self.judgement = self.judgement_bits = 0
        self.last_verdict = Verdict.FAILED
        self.ever_passed = False
        self.judgements = self.judgements_passed = 0
        self.continuations = self.false_positive_continuations = 0
        self.responder_observed = NEVER
        self.responder_drug_at_threshold = self.responder_drug_any = NEVER

    def _open_books(self) -> None:
        self.held_utility = self.held_pain = self.held_removed = self.held_drug_only = 0.0
        self.books_day = 0
        self.qaly = self.qaly_undiscounted = self.qaly_drug_only = 0.0
        self.pain_days = self.floor_pain_days = 0.0
        self.trace = 0
        self.events: list[tuple] = []

    @property
    def day(self) -> int:
        """Patient day that is lived now, or next; the calendar day is ``model.day``."""
        return self.model.day - self.referral_day

    @property
    def ketamine_auc_s(self) -> float:
        """Lifetime exposure, ng h/mL S-equivalents, under the name it has in the results."""
        return self.lifetime_auc_s

    def move_to(self, state: State) -> None:
        """Be in another state of the pathway."""
        self.state = state
        self.in_care = State.WAITING <= state <= State.PAUSED
        self.keeps_diary = self.in_care or state == State.REFERRED

    # The day

    def morning(self) -> None:
        """Live through the steps 1 to 6 of the day."""
        model = self.model
        day = model.day - self.referral_day
        if self.keeps_diary and self.lived_day < day - 1:
            self.remember_quiet_days()
        self.lived_day = day
        if day == self.results_day:
            self.record_results(day)
        if model.rule_sets_starting_today:
            self.day_step = Step.CHANGES_AND_DEATHS
            self.change_rules()
        if day == 0:
            self.day_step = Step.REFERRALS
            self.enter()
        if model.is_monday:
            if day > 0:
                self.day_step = Step.CHANGES_AND_DEATHS
                self.run_down_death_clock()
                if not self.alive:
                    return
            self.day_step = Step.WEEKLY
            self.weekly_tick()
        if day > 0:
            self.decay_effects()
        if self.unsettled:
            self.feel_symptoms()
        if self.keeps_diary:
            self.remember_pain()
        if day == self.course_start_day and not self.recovered:
            self.day_step = Step.DIARY
            if self.baselines_are_due():
                self.take_baselines()
        if day in model.observed_days and day < self.results_day:
            self.observe()
        if self.stop_reasons or day == self.visit_day or self.recovered:
            self.day_step = Step.VISITS
            self.be_seen()

    def be_seen(self) -> None:
        """Live through step 6: treatment ends for what has come up, or the visit takes place."""
        self.forget_stop_reasons_outside_care()
        if self.recovered and self.in_care:
            self.end_treatment([ExitReason.RECOVERED])
            self.stop_reasons.clear()
        elif self.stop_reasons:
            self.end_treatment(self.take_stop_reasons())
        elif self.day == self.visit_day:
            self.visit()

    def afternoon(self) -> None:
        """Live through the steps 8 to 10 of the day, but for the weekly row."""
        day = self.day
        infused = False
        if day == self.administration_day:
            self.day_step = Step.ADMINISTRATION
            infused = True
            self.administer()
            if self.stop_reasons:
                self.end_treatment(self.take_stop_reasons())
            elif day == self.visit_day:
                self.visit()
        if day == self.outside_day:
            self.day_step = Step.ADMINISTRATION
            infused = self.go_elsewhere()
        if infused:
            self.day_step = Step.DOSE_ENTERS
            self.enter_dose()
        if self.unsettled:
            self.day_step = Step.ACCRUAL
            self.accrue()
            self.unsettled = infused or self.drug_relief > 0.0 or self.expectation > 0.0
        self.look_ahead()

    def look_ahead(self) -> None:
        """Have the model expect the patient on the next day of this week that is not quiet.

        On Mondays and when the rules change everybody lives the day.
        """
        model = self.model
        if self.unsettled or self.stop_reasons or (self.recovered and self.in_care):
            model.expect(self, model.day + 1)
            return
        if self.slow_site > 0.0:
            model.fading[self] = None
        today = model.day - self.referral_day
        next_monday = next_day = model.next_monday - self.referral_day
        if today < self.visit_day < next_day:
            next_day = self.visit_day
        if today < self.course_start_day < next_day:
            next_day = self.course_start_day
        if today < self.administration_day < next_day:
            next_day = self.administration_day
        if today < self.outside_day < next_day:
            next_day = self.outside_day
        if today < self.results_day < next_day:
            next_day = self.results_day
        if model.observed_days:
            later = (day for day in model.observed_days if today < day < next_day)
            next_day = min(later, default=next_day)
        if next_day < next_monday:
            model.expect(self, self.referral_day + next_day)

    def pass_quiet_day(self) -> None:
        """Let a day go by on which nothing changes but the drug at the effect site."""
        self.decay_effects()
        if self.slow_site > 0.0:
            self.model.fading[self] = None
