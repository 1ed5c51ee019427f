# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True
"""The compiled engine: the rules of docs/model.md over blocks of patients, without the GIL.

Written from the text of docs/model.md and not from the reference engine, so that the two check
each other; the functions in `rules/` bear the names of the reference's. One patient is advanced
through all her days before the next one is touched, so that her state stays in the nearest
cache; the order cannot show, because patients do not meet and weekly sums are integers.

A block of patients is a structured array of traits and an opaque array of states: `enrol` it and
`advance` it in as many calls as one likes; results are written in passing. Where clinics have
queues, a `Desk` holds the patients of one clinic, and what it needs to book them.
"""

from libc.math cimport floor
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset

from _declarations cimport *
from _maths cimport exponential, logarithm, logistic, normal_quantile, to_bits
from _philox cimport normals_fill, quantiles_block, uniform, uniforms_block

include "rules/records.pxi"
include "rules/draws.pxi"
include "rules/apart.pxi"
include "rules/books.pxi"
include "rules/money.pxi"
include "rules/requests.pxi"
include "rules/natural_history.pxi"
include "rules/therapies.pxi"
include "rules/harms.pxi"
include "rules/coming_and_going.pxi"
include "rules/outside.pxi"
include "rules/symptoms.pxi"
include "rules/administration.pxi"
include "rules/response.pxi"
include "rules/care.pxi"
include "rules/protocol.pxi"
include "rules/observations.pxi"
include "rules/quiet.pxi"
include "rules/day.pxi"
include "rules/results.pxi"
include "rules/booking.pxi"
include "rules/meetings.pxi"
include "checks.pxi"


cdef const uint8_t* _start_of(array):
    """The address of a checked array; whoever asks keeps the array."""
    cdef const uint8_t[::1] view
    if array.size == 0:
        return NULL
    view = array.reshape(-1).view(numpy.uint8)
    return &view[0]


cdef class Inputs:
    """A plan as the kernel reads it: checked once, then shared by every call and thread.

    Parameters
    ----------
    plan : pathways.plan.Plan

    Raises
    ------
    TypeError
        If an array is none or has another dtype.
    ValueError
        If an array has another shape, is not contiguous, or holds a number that cannot be: the
        message names it.
    """

    cdef Context context
    cdef readonly int64_t calendar_days
    cdef readonly bint queues
    cdef readonly object clinics
    cdef object _kept

    def __init__(self, plan):
        arrays = _checked_plan(plan)
        self.calendar_days = plan.calendar_days
        self.queues = plan.queues
        self.clinics = arrays["clinics"]
        self.context.horizon_days = plan.horizon_days
        self.context.calendar_days = self.calendar_days
        self.context.seed = _check_whole_number("seed", plan.seed, 0, 2**64 - 1)
        self.context.draw = _check_whole_number("draw", plan.draw, 0, 2**24 - 1)
        self.context.rule_set_count = len(plan.rule_sets)
        self.context.clinic_count = self.clinics.shape[1]
        self.context.observed_count = len(plan.observed_days)
        self._point_at(arrays)

    cdef _point_at(self, arrays):
        # A memoryview of each is kept: it stops the array from being resized.
        self._kept = [memoryview(array) for array in arrays.values()]
        self.context.rule_sets = <const Parameters*>_start_of(arrays["rule_sets"])
        self.context.change_days = <const int64_t*>_start_of(arrays["change_days"])
        self.context.observed_days = <const int64_t*>_start_of(arrays["observed_days"])
        self.context.clinics = <const Clinic*>_start_of(arrays["clinics"])
        self.context.curves = <const double*>_start_of(arrays["curves"])
        self.context.effect_prefix = <const double*>_start_of(arrays["effect_prefix"])
        self.context.years_prefix = <const double*>_start_of(arrays["years_prefix"])
        self.context.mortality_per_day = <const double*>_start_of(arrays["mortality_per_day"])
        self.context.norm_utility = <const double*>_start_of(arrays["norm_utility"])
        self.context.effect_factor = <const double*>_start_of(arrays["effect_factor"])
        self.context.cost_factor = <const double*>_start_of(arrays["cost_factor"])
        self.context.cost_prefix = <const double*>_start_of(arrays["cost_prefix"])
        self.context.harm_age_factor = <const double*>_start_of(arrays["harm_age_factor"])


def patient_bytes():
    """Return the bytes of one patient's state; a state array has this many per patient."""
    return sizeof(Patient)


cdef const Traits* _traits_of(traits) except? NULL:
    return <const Traits*>_start_of(_checked("traits", traits, _DTYPES["traits"], (None,)))


cdef Patient* _states_of(states, Py_ssize_t n) except? NULL:
    shape = (n * <Py_ssize_t>sizeof(Patient),)
    return <Patient*>_start_of(_checked("states", states, "u1", shape, writeable=True))


cdef Results* _results_of(results, Py_ssize_t n) except? NULL:
    return <Results*>_start_of(
        _checked("results", results, _DTYPES["results"], (n,), writeable=True))


cdef Observation* _observations_of(
    const Context* context, observations, Py_ssize_t n
) except? NULL:
    if observations is None and context.observed_count == 0:
        return NULL
    shape = (n, context.observed_count)
    return <Observation*>_start_of(
        _checked("observations", observations, _DTYPES["observations"], shape, writeable=True))


cdef int _check_enrolled(
    const Context* context, const Traits* traits, const Patient* patients, Py_ssize_t n
) except -1:
    """Refuse states that are not these patients', and traits that would index beyond a table."""
    cdef Py_ssize_t k
    for k in range(n):
        if patients[k].enrolled != ENROLLED ^ <uint64_t>traits[k].patient:
            raise ValueError(f"states: number {k} was not enrolled with these traits")
        if not (0 <= traits[k].male <= 1 and traits[k].age_days >= 0
                and 0 <= traits[k].referral_day < context.calendar_days):
            raise ValueError(f"traits: number {k} was changed after it was enrolled")
        if patients[k].is_at_booking:
            raise ValueError(f"states: number {k} stands at a booking; advance it at its desk")
    return 0


def enrol(Inputs inputs not None, traits, states):
    """Put a block of patients before their first day.

    Parameters
    ----------
    inputs : Inputs
    traits : ndarray
        Records of ``layout.TRAITS``, shape (n,).
    states : ndarray of uint8, shape (n * patient_bytes(),)
        Overwritten.

    Raises
    ------
    TypeError, ValueError
        If an array does not fit, or a trait is out of range; the message names it.
    """
    cdef const Traits* trait_records = _traits_of(traits)
    cdef Py_ssize_t n = len(traits)
    cdef Patient* patients = _states_of(states, n)
    cdef Py_ssize_t k
    _check_traits(traits, inputs.calendar_days)
    with nogil:
        for k in range(n):
            enrol_patient(&patients[k], &trait_records[k])


cdef object _attach_outputs(Context* context, weekly, events, int64_t end_day):
    """Point at what is written; what is returned must outlive the call of the rules."""
    weeks = (end_day + DAYS_PER_WEEK - 1) // DAYS_PER_WEEK
    _checked("weekly", weekly, _DTYPES["weekly"], (None,), writeable=True)
    if len(weekly) < weeks:
        raise ValueError(
            f"weekly: holds {len(weekly)} weeks; allowed: {weeks} or more for day {end_day}")
    context.weekly = <WeeklyRow*>_start_of(weekly)
    context.events_kept = events is not None
    context.event_limit = <int64_t>HALF_OF_INT64
    if context.events_kept:
        _checked("events", events, _DTYPES["events"], (None,), writeable=True)
        context.events = <EventRow*>_start_of(events)
        context.event_capacity = len(events)
        context.event_limit = context.event_capacity - EVENTS_OF_A_DAY
    return _attach_quiet_sums(context, weeks)


cdef object _attach_quiet_sums(Context* context, Py_ssize_t weeks):
    sums = numpy.zeros(STATES * (weeks + 1) + 2 * weeks, numpy.int64)
    cdef int64_t* start = <int64_t*>_start_of(sums)
    context.quiet_sums.weeks = weeks
    context.quiet_sums.state_changes = start
    context.quiet_sums.pain_e6 = start + STATES * (weeks + 1)
    context.quiet_sums.base_e6 = context.quiet_sums.pain_e6 + weeks
    return memoryview(sums)


def advance(
    Inputs inputs not None, traits, states, results, weekly, events, end_day, observations=None
):
    """Move a block of patients up to calendar day `end_day`, which is not lived.

    Parameters
    ----------
    inputs : Inputs
        Without queues.
    traits : ndarray
        Records of ``layout.TRAITS``, shape (n,): those the block was enrolled with.
    states : ndarray of uint8, shape (n * patient_bytes(),)
        Moved; who stands there already, or beyond, stays.
    results : ndarray
        Records of ``layout.RESULTS``, shape (n,); the row of each patient whose results fall due
        on the way is written.
    weekly : ndarray
        Records of ``layout.WEEKLY``, a row for every calendar week up to `end_day`; added to.
    events : ndarray or None
        Records of ``layout.EVENT``, filled from the first; None if they are not wanted.
    end_day : int
    observations : ndarray or None
        Records of ``layout.OBSERVATION``, shape (n, observed days): what is seen on each observed
        day on the way is written, and nothing else. None if the plan has no observed days.

    Returns
    -------
    status : int
        ``Status.DONE``; ``Status.EVENTS_FULL``: call again with the same arrays and an empty
        `events` to go on; or ``Status.OVERFLOW``: a weekly sum left the range of int64, and
        nothing here is of any use.
    events_used : int

    Raises
    ------
    TypeError, ValueError
        If an array does not fit.

    Notes
    -----
    Results do not depend on how the days are cut into calls. Patients are independent, so blocks
    may be advanced at the same time by several threads, each with its own `weekly` and `events`.
    """
    cdef Context context = inputs.context
    cdef const Traits* trait_records = _traits_of(traits)
    cdef Py_ssize_t n = len(traits)
    cdef Patient* patients = _states_of(states, n)
    cdef Results* rows = _results_of(results, n)
    cdef Observation* seen = _observations_of(&context, observations, n)
    cdef Py_ssize_t k
    if inputs.queues:
        raise ValueError("inputs: have queues; allowed: none, or the advance of a Desk")
    context.end_day = _check_whole_number("end_day", end_day, 0, inputs.calendar_days)
    sums = _attach_outputs(&context, weekly, events, context.end_day)
    _check_enrolled(&context, trait_records, patients, n)
    with nogil:
        for k in range(n):
            context.traits = &trait_records[k]
            context.observations = seen + k * context.observed_count
            advance_patient(
                &context, &patients[k], &rows[k], context.end_day, NOT_BEFORE_THE_END)
            if context.status != STATUS_DONE:
                break
        add_quiet_sums(&context)
    return context.status, context.events_used


include "desk.pxi"
