# What is refused at the door, so that nothing inside has to look again.

import numpy

from pathways import codes, layout

_DTYPES = {
    name: layout.numpy_dtype(fields)
    for name, fields in (
        ("rule_sets", layout.PARAMETERS), ("traits", layout.TRAITS), ("results", layout.RESULTS),
        ("weekly", layout.WEEKLY), ("events", layout.EVENT), ("clinics", layout.CLINIC),
        ("observations", layout.OBSERVATION),
    )
}

# Whole numbers that index a table or a bit mask, and numbers that divide: lowest and highest.
_LIMITS = {
    "ladder_steps": (0, layout.MAX_LADDER_STEPS),
    "maintenance_step": (-1, layout.MAX_LADDER_STEPS - 1),
    "criteria": (0, layout.MAX_CRITERIA),
    "criteria_combine": (0, max(codes.Combine)),
    "missing_rule": (0, max(codes.MissingRule)),
    "maintenance": (0, max(codes.Maintenance)),
    "loss_of_last": (0, 16),
    "limit_courses_per_year": (0, layout.RECENT_COURSES),
    "taper_courses": (0, layout.MAX_TAPER_COURSES),
    "judge_at_days": (0, layout.HISTORY_DAYS - 1),
    "vial_step_mg": (1e-9, 1e9),
    "potency": (1e-9, 1e9),
    "immediate_c50": (1e-9, 1e12),
    "curve_clearance_step": (1e-9, 1e9),
    "curve_weight_step": (1e-9, 1e9),
    "programme_for": (0, max(codes.ProgrammeFor)),
    "therapies": (0, layout.MAX_THERAPIES),
    "therapy_delay_days": (0, 2**31),
    "therapy_sessions": (0, 1024),
    "therapy_sessions_per_week": (0, 1024),
    "harm_metric": (0, max(codes.Metric)),
    "harm_window_weeks": (0, layout.EXPOSURE_WEEKS - 1),
    "harm_link": (0, max(codes.Link)),
    "tests": (0, layout.MAX_TESTS),
    "test_harm": (0, max(codes.ChronicHarm)),
    "infusion_payer": (0, max(codes.Payer)),
    "vial_content_mg": (1e-9, 1e9),
    "step_minutes": (0, 2**20),
    "step_bed": (0, 1),
    "waiting_leave_hazard_per_day": (0.0, 1e9),
    "lost_hazard_per_day": (0.0, 1e9),
    "rereferral_hazard_per_day": (0.0, 1e9),
    "rereferral_after_days": (0, 2**31),
    "outside_share": (0.0, 1.0),
    "outside_step": (-1, layout.MAX_LADDER_STEPS - 1),
    "outside_stop_hazard_per_day": (0.0, 1e9),
    "protocol_courses": (0, layout.MAX_PROTOCOL_COURSES),
    "protocol_end_day": (0, 2**31),
    "protocol_day": (0, 2**31),
    "responder_redrawn": (0, 1),
    "responder_share": (0.0, 1.0),
}
_BUYING_LIMITS = {
    "outside_step": (0, layout.MAX_LADDER_STEPS - 1),
    "outside_delay_days": (1, 2**31),
    "outside_interval_days": (1, 2**31),
}
_CLINIC_LIMITS = {
    "number": (0, 2**32 - 1),
    "booking_every_days": (1, layout.BOOKING_DAYS // 2),
    "open_days": (0, 0b1111111),
    "chairs": (-1, 2**16),
    "open_minutes": (0, 2**20),
    "turnaround_minutes": (0, 2**20),
    "beds": (-1, 2**31),
    "assessment_slots_per_week": (-1, 2**31),
    "therapy_slots_per_week": (-1, 2**31),
    "queue_order": (0, max(codes.QueueOrder)),
    "keeps_place": (0, 1),
    "no_show": (0.0, 1.0),
    "late_cancellation": (0.0, 1.0),
}
_CRITERION_LIMITS = {
    "criterion_domain": (0, max(codes.Domain)),
    "criterion_baseline": (0, max(codes.Baseline)),
    "criterion_baseline_days": (0, layout.HISTORY_DAYS - 1),
    "criterion_statistic": (0, max(codes.Statistic)),
    "criterion_moment": (-1, max(codes.Moment)),
}
_TRAIT_LIMITS = {
    "patient": (0, 2**32 - 1),
    "clinic": (0, 2**32 - 1),
    "enrolment_score_sum": (0, 2**16),
    "age_days": (0, 2**31),
    "male": (0, 1),
    "condition": (0, max(codes.Condition)),
    "lead_to_assessment_days": (0, 2**31),
    "lead_to_treatment_days": (0, 2**31),
    "clearance": (1e-9, 1e12),
    "c50": (1e-9, 1e12),
}


def _checked(str name, array, dtype, shape, writeable=False):
    """Refuse an array the kernel cannot read as it is, naming it and what is wrong."""
    if not isinstance(array, numpy.ndarray):
        raise TypeError(f"{name}: got {type(array).__name__}; allowed: numpy.ndarray")
    if array.dtype is not dtype and array.dtype != numpy.dtype(dtype):
        raise TypeError(f"{name}: its dtype is {_short(array.dtype)}; "
                        f"allowed: {_short(numpy.dtype(dtype))}")
    wrong_shape = array.ndim != len(shape) or any(
        wanted is not None and got != wanted for got, wanted in zip(array.shape, shape))
    if wrong_shape:
        allowed = ", ".join("any" if n is None else str(n) for n in shape)
        raise ValueError(f"{name}: its shape is {array.shape}; allowed: ({allowed})")
    if not array.flags.c_contiguous or not array.flags.aligned:
        raise ValueError(f"{name}: its elements do not lie one after the other; "
                         "pass numpy.ascontiguousarray of it")
    if array.ctypes.data % 8:
        raise ValueError(f"{name}: does not begin at a multiple of 8 bytes; pass a copy")
    if writeable and not array.flags.writeable:
        raise ValueError(f"{name}: is read-only, and the kernel writes to it; pass a copy")
    return array


def _short(dtype):
    """A dtype in one line: records by the number of their fields."""
    if dtype.names is None:
        return str(dtype)
    return f"a record of {len(dtype.names)} fields and {dtype.itemsize} bytes"


def _check_limits(str place, values, low, high):
    values = numpy.asarray(values)
    wrong = numpy.flatnonzero(~((values >= low) & (values <= high)))
    if wrong.size:
        where = place if values.ndim == 0 else f"{place}[{wrong[0]}]"
        raise ValueError(
            f"{where}: got {values.ravel()[wrong[0]]}; allowed: {low} to {high}")


def _check_finite(str name, array):
    wrong = numpy.flatnonzero(~numpy.isfinite(array))
    if wrong.size:
        raise ValueError(
            f"{name}: element {wrong[0]} is {array.ravel()[wrong[0]]}; allowed: finite numbers")


def _check_finite_fields(str place, records):
    for name in records.dtype.names:
        if records[name].dtype.kind == "f":
            _check_finite(f"{place}.{name}", records[name])


def _used_steps(rules):
    """Which regimens of a rule set can be given."""
    named = ("maintenance_step", "outside_step")
    return sorted({*range(int(rules["ladder_steps"])), *(int(rules[n]) for n in named)} - {-1})


def _check_regimens(str place, rules):
    _check_limits(f"{place}.step_days", rules["step_days"], 0, layout.MAX_COURSE_DAYS)
    gaps = rules["step_gap_days"].reshape(layout.MAX_LADDER_STEPS, layout.MAX_COURSE_DAYS)
    for step in _used_steps(rules):
        days = int(rules["step_days"][step])
        _check_limits(f"{place}.step_days[{step}]", days, 1, layout.MAX_COURSE_DAYS)
        _check_limits(
            f"{place}.step_gap_days of step {step}, from its second day",
            gaps[step, 1:days], 1, 2**31)


def _check_windows(str place, rules):
    """A window lies between the last infusion and the judgement."""
    for i in range(int(rules["criteria"])):
        if rules["criterion_domain"][i] != codes.Domain.PAIN or rules["criterion_moment"][i] >= 0:
            continue
        first, last = int(rules["criterion_window_from"][i]), int(rules["criterion_window_to"][i])
        if not 0 <= first <= last <= rules["judge_at_days"]:
            raise ValueError(
                f"{place}: the window of criterion {i} is days {first} to {last}; allowed: in "
                f"order and from 0 to judge_at_days, which is {rules['judge_at_days']}")


def _check_protocol(str place, rules):
    """Its regimens are those of the ladder."""
    courses = int(rules["protocol_courses"])
    _check_limits(
        f"{place}.protocol_step", rules["protocol_step"][:courses], 0,
        int(rules["ladder_steps"]) - 1)


def _check_rule_set(str place, rules, horizon_days):
    for name, (low, high) in _LIMITS.items():
        _check_limits(f"{place}.{name}", rules[name], low, high)
    criteria = int(rules["criteria"])
    for name, (low, high) in _CRITERION_LIMITS.items():
        _check_limits(f"{place}.{name}", rules[name][:criteria], low, high)
    _check_limits(f"{place}.horizon_days", rules["horizon_days"], horizon_days, horizon_days)
    if rules["ketamine_offered"]:
        _check_limits(f"{place}.ladder_steps", rules["ladder_steps"], 1, layout.MAX_LADDER_STEPS)
    _check_regimens(place, rules)
    _check_windows(place, rules)
    _check_protocol(place, rules)


def _check_ladders(rule_sets):
    """Who is on a ladder stays on one: it may become shorter, not vanish."""
    steps = rule_sets["ladder_steps"].tolist()
    for number in range(1, len(steps)):
        if steps[number] == 0 and max(steps[:number]) > 0:
            raise ValueError(
                f"rule_sets[{number}].ladder_steps: got 0 after a rule set that has a ladder; "
                f"allowed: 1 to {layout.MAX_LADDER_STEPS} (set ketamine_offered to 0 to offer no "
                "new courses)")


def _check_buying(rule_sets):
    """Who buys elsewhere has something to buy, under later rules too."""
    buyers = numpy.maximum.accumulate(rule_sets["outside_share"]) > 0.0
    for number in numpy.flatnonzero(buyers):
        for name, (low, high) in _BUYING_LIMITS.items():
            _check_limits(f"rule_sets[{number}].{name}", rule_sets[name][number], low, high)


def _check_observed_days(observed_days, horizon_days):
    _check_limits("observed_days", observed_days, 0, horizon_days - 1)
    if (numpy.diff(observed_days) <= 0).any():
        raise ValueError(f"observed_days: got {observed_days.tolist()}; "
                         "allowed: patient days in ascending order, each once")


def _check_no_protocol(rule_sets):
    for number in numpy.flatnonzero(rule_sets["protocol_courses"] > 0):
        raise ValueError(
            f"rule_sets[{number}].protocol_courses: got {rule_sets['protocol_courses'][number]}; "
            "allowed with queues: 0")


def _check_change_days(change_days):
    if change_days[0] != 0 or (numpy.diff(change_days) < 0).any():
        raise ValueError(f"change_days: got {change_days.tolist()}; "
                         "allowed: 0 first, then calendar days in ascending order")


def _checked_tables(plan, count, days):
    """Return the tables of a plan by name: present, of the right form and finite."""
    ages = (2, layout.AGE_YEARS)
    grid = (layout.CURVE_ROWS, layout.CURVE_GRID, layout.CURVE_GRID)
    shapes = {
        "curves": (count, layout.MAX_LADDER_STEPS, layout.MAX_COURSE_DAYS, *grid),
        "effect_prefix": (days + 1,),
        "years_prefix": (days + 1,),
        "mortality_per_day": ages,
        "norm_utility": ages,
        "effect_factor": (days + 1,),
        "cost_factor": (days + 1,),
        "cost_prefix": (days + 1,),
        "harm_age_factor": (layout.CHRONIC_HARMS, layout.AGE_YEARS),
    }
    tables = {
        name: _checked(name, getattr(plan, name), "f8", shape) for name, shape in shapes.items()}
    for name, table in tables.items():
        _check_finite(name, table)
    return tables


def _longest_course(rules, int64_t step, int64_t open_days):
    """The days from the first to the last of a course, begun on the worst weekday."""
    cdef Clinic clinic
    cdef const Parameters[::1] records = rules.reshape(1).view(_DTYPES["rule_sets"])
    cdef int64_t days[MAX_COURSE_DAYS]
    cdef int64_t n, start
    longest = 0
    clinic.open_days = open_days
    for start in range(DAYS_PER_WEEK):
        if is_possible_day(&records[0], step, &clinic, start):
            n = list_course_days(&records[0], step, &clinic, start, days)
            longest = max(longest, days[n - 1] - start)
    return longest


def _check_courses(rule_sets, clinics):
    """What is booked lies within the days that a clinic looks ahead."""
    window = int(clinics["booking_every_days"].max(initial=1))
    allowed = layout.BOOKING_DAYS - 1 - window
    for number, rules in enumerate(rule_sets):
        for step in _used_steps(rules):
            for open_days in numpy.unique(clinics["open_days"]).tolist():
                days = _longest_course(rule_sets[number:number + 1], step, open_days)
                if days > allowed:
                    raise ValueError(
                        f"rule_sets[{number}]: a course of regimen {step} takes {days} days; "
                        f"allowed with queues: {allowed}")


def _check_clinics(clinics):
    for name, (low, high) in _CLINIC_LIMITS.items():
        _check_limits(f"clinics.{name}", clinics[name].ravel(), low, high)
    for name in ("number", "booking_every_days"):
        if (clinics[name] != clinics[name][0]).any():
            raise ValueError(f"clinics.{name}: differs between rule sets; allowed: the same")
    if (numpy.diff(clinics["number"][0]) <= 0).any():
        raise ValueError(f"clinics.number: got {clinics['number'][0].tolist()}; "
                         "allowed: ascending numbers, each once")


def _check_patients(plan, clinics, days):
    shares = _checked("clinic_patients", plan.clinic_patients, "i8", (clinics,))
    _check_limits("clinic_patients", shares, 0, 2**32)
    patients = _check_whole_number("patients", plan.patients, 0, 2**40)
    if shares.sum() != patients:
        raise ValueError(f"clinic_patients: their sum is {shares.sum()}; allowed: {patients}")
    referred = _checked("referral_days", plan.referral_days, "i8", (patients,))
    _check_limits("referral_days", referred, 0, days - 1)
    for place, end in enumerate(shares.cumsum()):
        if (numpy.diff(referred[end - shares[place]:end]) < 0).any():
            raise ValueError(
                f"referral_days: clinic {place} is not in order; allowed: ascending in a clinic")


def _checked_plan(plan):
    """Return the arrays of a plan by name, all checked."""
    horizon_days = _check_whole_number("horizon_days", plan.horizon_days, 1, 2**31)
    calendar_days = _check_whole_number("calendar_days", plan.calendar_days, 1, 2**31)
    if not isinstance(plan.queues, bool):
        raise TypeError(f"queues: got {plan.queues!r}; allowed: True or False")
    rule_sets = _checked("rule_sets", plan.rule_sets, _DTYPES["rule_sets"], (None,))
    count = len(rule_sets)
    _check_limits("rule_sets: their number", count, 1, layout.MAX_RULE_SETS)
    change_days = _checked("change_days", plan.change_days, "i8", (count,))
    _check_change_days(change_days)
    _check_finite_fields("rule_sets", rule_sets)
    for number, rules in enumerate(rule_sets):
        _check_rule_set(f"rule_sets[{number}]", rules, horizon_days)
    _check_ladders(rule_sets)
    _check_buying(rule_sets)
    clinics = _checked("clinics", plan.clinics, _DTYPES["clinics"], (count, None))
    _check_clinics(clinics)
    _check_patients(plan, clinics.shape[1], calendar_days)
    if plan.queues:
        _check_no_protocol(rule_sets)
        _check_courses(rule_sets, clinics)
    observed_days = _checked("observed_days", plan.observed_days, "i8", (None,))
    _check_observed_days(observed_days, horizon_days)
    tables = _checked_tables(plan, count, calendar_days)
    return {
        "rule_sets": rule_sets, "change_days": change_days, "clinics": clinics,
        "observed_days": observed_days, **tables}


def _check_clinic_of(traits, number):
    """Refuse patients of another clinic, or not in the order of their referral."""
    _check_limits("traits.clinic", traits["clinic"], number, number)
    if (numpy.diff(traits["referral_day"]) < 0).any():
        raise ValueError("traits.referral_day: not in order; allowed: ascending in a clinic")


def _check_traits(traits, calendar_days):
    _check_finite_fields("traits", traits)
    _check_limits("traits.referral_day", traits["referral_day"], 0, calendar_days - 1)
    for name, (low, high) in _TRAIT_LIMITS.items():
        _check_limits(f"traits.{name}", traits[name], low, high)


def _check_whole_number(str name, value, low, high):
    """Return a whole number as an int, refusing what is none or out of range."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: got {value!r}; allowed: a whole number")
    whole = value.__index__()
    if not low <= whole <= high:
        raise ValueError(f"{name}: got {whole}; allowed: {low} to {high}")
    return whole
