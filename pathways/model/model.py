"""The Mesa model: clinics, their patients, and the calendar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import numpy
from mesa import Agent, DataCollector, Model

from pathways.fastcore.draws import Draws
from pathways.layout import EVENT, OBSERVATION, RESULTS, numpy_dtype
from pathways.model.clinic import ClinicAgent
from pathways.model.patient import PatientAgent
from pathways.plan import Plan, RawResult
from pathways.rules.resources import resources_of
from pathways.rules.rule_set import rule_sets_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAYS_PER_WEEK = 7


class PathwayModel(Model):
    """Patients on a ketamine pathway, followed day by day.

    One step is one calendar day. Patients do not meet except at the clinic's booking, so the ten
    steps of docs/model.md are lived as a morning (1 to 6), the booking (7) and an afternoon
    (8 to 10). Mornings and afternoons are lived by those for whom something can happen: on
    Mondays everybody, on other days those whose pain is changing or who have an appointment.

    Parameters
    ----------
    plan : Plan
        The resolved scenario.
    traits : numpy.ndarray or None
        Records of ``layout.TRAITS``, shape (patients,); sampled from the plan if None.
    patient_class, clinic_class : type
        PatientAgent and ClinicAgent, or subclasses of them with decisions of their own.
    keep_events : bool
        Whether the event log is kept. The trace covers it in either case.
    collect : bool
        Whether `datacollector` records a few sums each day.

    Attributes
    ----------
    day : int
        Calendar day that is lived next, or now; day 0 is a Monday.
    week, next_monday : int
        Its calendar week; the calendar day on which the next one begins.
    queues : bool
        Whether courses, assessments and programmes are booked on booking days.
    patients, present : list of PatientAgent
        All, clinic by clinic; those who are referred and alive.
    expected : dict of int to dict of PatientAgent
        By calendar day those who live through it although it is not a Monday, in order.
    fading : dict of PatientAgent
        Those of whom nothing will change tomorrow but the drug at the effect site.
    clinics : list of ClinicAgent
    rule_sets : tuple of RuleSet
        By start day; the first is the base.
    rules : RuleSet
        In force today.
    mortality_per_day, norm_utility : list of list of float
        By sex (0 female, 1 male) and age in whole years.
    effect_prefix, years_prefix : list of float
        Discounted and plain years before a patient day.
    effect_factor, cost_factor, cost_prefix : list of float
        Discount factors of a patient day for effects and costs; discounted years before it.
    observed_days : frozenset of int
        Patient days on which patients are observed.
    harm_age_factor : list of list of float
        By chronic harm and age in whole years: multiplier of the background hazard.

    Examples
    --------
    A researcher's own rule, replacing one decision:

    >>> class Persistent(PatientAgent):
    ...     def acts_on_failure(self, u):
    ...         return self.courses >= 3 and super().acts_on_failure(u)
    >>> with PathwayModel(plan, patient_class=Persistent) as model:  # doctest: +SKIP
    ...     model.run()
    ...     result = model.result()
    """

    def __init__(
        self,
        plan: Plan,
        traits: NDArray | None = None,
        patient_class: type[PatientAgent] = PatientAgent,
        clinic_class: type[ClinicAgent] = ClinicAgent,
        keep_events: bool = False,
        collect: bool = False,
    ) -> None:
        super().__init__(rng=plan.seed)
        self.plan = plan
        self.keep_events = keep_events
        self.traits = _sampled(plan) if traits is None else traits
        self.horizon_days = plan.horizon_days
        self.calendar_days = plan.calendar_days
        self.queues = bool(plan.queues)
        self.rule_sets = rule_sets_of(plan)
        self.rules = self.rule_sets[0]
        self.draws = Draws(plan.seed, plan.draw)
        self.mortality_per_day = plan.mortality_per_day.tolist()
        self.norm_utility = plan.norm_utility.tolist()
        self.effect_prefix = plan.effect_prefix.tolist()
        self.years_prefix = plan.years_prefix.tolist()
        self.effect_factor = plan.effect_factor.tolist()
        self.cost_factor = plan.cost_factor.tolist()
        self.cost_prefix = plan.cost_prefix.tolist()
        self.observed_days = frozenset(plan.observed_days.tolist())
        self.harm_age_factor = plan.harm_age_factor.tolist()
        self.day = 0
        self.clinics = [clinic_class(self, resources) for resources in resources_of(plan)]
        clinic_of = {clinic.number: clinic for clinic in self.clinics}
        self.patients = [
            patient_class(self, clinic_of[int(record["clinic"])], record) for record in self.traits
        ]
        self.present: list[PatientAgent] = []
        self.expected: dict[int, dict[PatientAgent, None]] = {}
        self.fading: dict[PatientAgent, None] = {}
        self.patients_by_referral_day = defaultdict(list)
        for patient in self.patients:
            self.patients_by_referral_day[patient.referral_day].append(patient)
        self._read_calendar()
        self.datacollector = DataCollector(model_reporters=REPORTERS) if collect else None

    def __enter__(self) -> PathwayModel:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def step(self) -> None:
        """Live through one calendar day."""
        self._read_calendar()
        self._open_clinics()
        self._welcome_referrals()
        awake = self._wake()
        for patient in awake:
            patient.morning()
        if self.is_monday:
            self._bury_the_dead()
            awake = self.present
        if self.queues:
            self._book()
        for patient in awake:
            patient.afternoon()
        if self.is_sunday or self.is_last_day:
            for clinic in self.clinics:
                clinic.close_week()
        if self.datacollector is not None:
            self.datacollector.collect(self)
        self.day += 1

    def expect(self, patient: PatientAgent, day: int) -> None:
        """Have a patient live through this calendar day, whatever weekday it is."""
        self.expected.setdefault(day, {})[patient] = None

    def run(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Live through all days of the calendar, and take the results still missing.

        Parameters
        ----------
        progress : callable or None
            Called after each day with the days done and all days.

        Raises
        ------
        RuntimeError
            If a day does not come to its end. Some versions of Mesa go on counting after an
            error inside a step without calling the model again.
        """
        while self.day < self.calendar_days:
            today = self.day
            self.step()
            if self.day != today + 1:
                raise RuntimeError(
                    f"day {today} did not come to its end: an earlier error stopped this model; "
                    "make a new one"
                )
            if progress is not None:
                progress(self.day, self.calendar_days)
        self.take_results()

    def take_results(self) -> None:
        """Take the results of those who were followed to the last day of the calendar."""
        for patient in self.patients:
            if not patient.results:
                patient.record_results(patient.results_day)

    def result(self) -> RawResult:
        """Return what the results files are made from, after `run`."""
        return RawResult(
            traits=self.traits,
            results=self._results(),
            weekly=numpy.concatenate([clinic.weekly() for clinic in self.clinics]),
            events=self._events() if self.keep_events else None,
            observations=self._observations() if self.observed_days else None,
        )

    def close(self) -> None:
        """Let go of the patients and of everything that takes memory."""
        self.remove_all_agents()
        self.patients = self.present = self.clinics = []
        self.expected = self.fading = {}
        self.patients_by_referral_day = None
        self.traits = self.plan = self.draws = self.datacollector = None
        self.rule_sets = self.rule_sets_starting_today = ()
        self.rules = None
        self.mortality_per_day = self.norm_utility = None
        self.effect_prefix = self.years_prefix = self.cost_prefix = None
        self.effect_factor = self.cost_factor = self.harm_age_factor = None
        # Mesa 3.3 counts agents in a table of models that keeps every model alive.
        agent_numbers = getattr(Agent, "_ids", None)
        if agent_numbers is not None:
            agent_numbers.pop(self, None)

    def _read_calendar(self) -> None:
        weekday = self.day % DAYS_PER_WEEK
        self.week = self.day // DAYS_PER_WEEK
        self.next_monday = self.day - weekday + DAYS_PER_WEEK
        self.is_monday = weekday == 0
        self.is_sunday = weekday == DAYS_PER_WEEK - 1
        self.is_last_day = self.day == self.calendar_days - 1
        self.rule_sets_starting_today = [
            rules for rules in self.rule_sets[1:] if rules.start_day == self.day
        ]
        if self.rule_sets_starting_today:
            self.rules = self.rule_sets_starting_today[-1]

    def _open_clinics(self) -> None:
        for clinic in self.clinics:
            if self.is_monday:
                clinic.open_week()
            if self.rule_sets_starting_today:
                clinic.change_rules(self.rules.number)

    def _welcome_referrals(self) -> None:
        for patient in self.patients_by_referral_day.pop(self.day, ()):
            self.present.append(patient)
            self.expect(patient, self.day)
            patient.clinic.patients.append(patient)

    def _wake(self) -> Collection[PatientAgent]:
        """Return those for whom something can happen today; let effects of the others fade."""
        expected = self.expected.pop(self.day, {})
        fading, self.fading = self.fading, {}
        if self.is_monday or self.rule_sets_starting_today:
            return self.present
        for patient in fading:
            if patient not in expected:
                patient.pass_quiet_day()
        return expected

    def _book(self) -> None:
        booked = [clinic.book() for clinic in self.clinics]
        if any(booked):
            # Patients may have got days of which they did not know the evening before.
            for patient in self.present:
                if patient.lived_day < patient.day:
                    patient.look_ahead()

    def _bury_the_dead(self) -> None:
        self.present = [patient for patient in self.present if patient.alive]
        for clinic in self.clinics:
            clinic.patients = [patient for patient in clinic.patients if patient.alive]

    def _results(self) -> NDArray:
        results = numpy.zeros(len(self.patients), numpy_dtype(RESULTS))
        for row, patient in enumerate(self.patients):
            results[row] = patient.results
        return results

    def _observations(self) -> NDArray:
        days = self.plan.observed_days.tolist()
        observations = numpy.zeros((len(self.patients), len(days)), numpy_dtype(OBSERVATION))
        for row, patient in enumerate(self.patients):
            for column, day in enumerate(days):
                if day in patient.observations:
                    observations[row, column] = patient.observations[day]
        return observations

    def _events(self) -> NDArray:
        lines = [line for patient in self.patients for line in patient.events]
        return numpy.array(lines, numpy_dtype(EVENT))


def mean_pain(model: PathwayModel) -> float:
    """Return the mean latent pain of the living, NRS; 0 if nobody lives."""
    total, living = 0.0, 0
    for patient in model.present:
        total += patient.pain
        living += 1
    return total / living if living else 0.0


def patients_in_care(model: PathwayModel) -> int:
    """Return how many patients wait for, receive or pause ketamine treatment."""
    return sum(patient.in_care for patient in model.present)


REPORTERS = {"day": "day", "mean_pain": mean_pain, "patients_in_care": patients_in_care}


def _sampled(plan: Plan) -> NDArray:
    from pathways.fastcore.population import sample_all_traits

    return sample_all_traits(plan)
