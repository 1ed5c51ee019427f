# What the rules read and write: one patient, and everything that is the same for all patients.

cdef enum KernelConstant:
    DAYS_PER_WEEK = 7
    SUNDAY = 6
    SATURDAY = 5
    DAYS_PER_YEAR = 365
    ENROLMENT_SCORES = 7
    HISTORY_MASK = HISTORY_DAYS - 1
    RECENT_MASK = RECENT_COURSES - 1
    MOMENTS = 3
    STATES = 10
    BITS_KEPT = 16
    FLARE_PAIRS = 32
    FLARE_PAIRS_TO_MEETING = 8  # where a patient is seldom moved further than the next meeting
    ERROR_NORMALS = HISTORY_DAYS + 2 * DIARY_TERMS
    CURVE_TABLE = CURVE_GRID * CURVE_GRID
    CURVE_DAY = CURVE_ROWS * CURVE_TABLE
    ENROLLED = 0x50617468776179
    HALF_OF_INT64 = 0x4000000000000000
    NOT_BEFORE_THE_END = HALF_OF_INT64
    PROCESSES = 16  # chronic harms with their two causes, padded
    PAIRS_OF_A_DAY = 5  # of normals, in which the eight of one day's error lie
    EVENTS_OF_A_DAY = 256  # more than a patient's day can have
    NEVER = -1
    NO_VISIT = -1
    NO_SCORE = -1


cdef struct Patient:
    # read or written on most days
    double slow_site
    double expectation
    double base
    double treated
    double removed
    double pain
    double pain_without_drug
    double symptom_expectation  # the expectation that the day's symptoms used
    double pain_for_utility
    double drug_only_pain  # the same with expectation left out
    double untreated  # the day's pain with therapies, without the drug and expectation
    double programme_remaining
    double harm_decrement
    double held_utility
    double held_drug_only_utility
    double held_pain
    double held_removed
    int64_t held_since
    double qaly
    double qaly_undiscounted
    double qaly_drug_only
    double pain_days
    double floor_pain_days
    uint64_t trace
    double flare
    double lifetime_auc_s
    double death_remaining
    double recovery_remaining
    double relapse_remaining
    double choice_remaining
    double harm_clock[PROCESSES]
    double harm_hazard[PROCESSES]
    int64_t hazard_key  # of the age and rules for which the hazards were worked out, 0 none
    int64_t excess_due_week  # when those of the excess are worked out again
    int64_t harm_active
    int64_t harm_is_detected
    int64_t in_programme
    int64_t state
    int64_t recovered
    int64_t responds  # the trait, unless it is drawn again at each course
    int64_t age_years
    int64_t last_tick
    int64_t visit_day
    int64_t administration_day
    int64_t course_start_day
    int64_t last_infusion_day
    int64_t last_exposure_day  # the last administration here or elsewhere
    int64_t outside_day
    # now and then
    int64_t calendar_day  # the first day that has not been simulated, or not whole
    int64_t is_at_booking  # steps 1 to 6 of that day have been
    int64_t rule_set
    int64_t days_observed  # observed days that are over
    double lost_remaining
    double waiting_remaining
    double rereferral_remaining
    double outside_remaining
    int64_t outside_occasion  # of this buying
    int64_t occasions_to_buy
    int64_t diary_start_day  # of the last referral
    int64_t was_in_programme
    int64_t booking_rules
    int64_t episode
    int64_t visit_purpose
    int64_t course_rules
    int64_t course_day
    int64_t ladder_step
    int64_t course_step
    int64_t tries_at_step
    int64_t tapering
    int64_t taper_index
    int64_t expectation_course
    int64_t judgement_number
    int64_t judgement_bits
    int64_t ever_passed
    int64_t last_verdict
    int64_t baseline_definition
    int64_t baseline_sum[MAX_CRITERIA]
    int64_t baseline_count[MAX_CRITERIA]
    double within_day_pain[MOMENTS]
    double within_day_pain_without_drug[MOMENTS]
    int64_t within_day_score[MOMENTS]
    int64_t therapy_start_day
    int64_t therapy_phase[MAX_THERAPIES]
    int64_t sessions_done[MAX_THERAPIES]
    int64_t attended[MAX_THERAPIES]
    double therapy_progress[MAX_THERAPIES]
    double therapy_effect[MAX_THERAPIES]
    double persistence_remaining[MAX_THERAPIES]
    int64_t acute_at_last
    int64_t harm_is_permanent
    int64_t harm_episode[PROCESSES]
    int64_t harm_onset_day[PROCESSES]
    double harm_recovery_remaining[PROCESSES]
    int64_t courses_at_last_test[MAX_TESTS]
    int64_t last_test_day[MAX_TESTS]
    int64_t paid_year
    double paid_for_infusions
    double peak_highest
    # counted for the results
    int64_t exit_reason
    int64_t taper_reason
    int64_t exit_day
    int64_t died_day
    int64_t recovered_day
    int64_t assessed_day
    int64_t eligible
    int64_t first_infusion_day
    int64_t courses
    int64_t infusions
    int64_t highest_step
    int64_t judgements
    int64_t judgements_passed
    int64_t continuations
    int64_t false_positive_continuations
    int64_t responder_observed
    int64_t responder_drug_at_threshold
    int64_t responder_drug_any
    double racemic_mg
    double s_ketamine_mg
    double hours_infused
    int64_t acute_count[ACUTE_HARMS]
    int64_t harm_count[CHRONIC_HARMS * HARM_CAUSES]
    int64_t harm_first_day[CHRONIC_HARMS]
    int64_t harms_detected[CHRONIC_HARMS]
    int64_t sessions_attended
    int64_t tests_done
    double cost[PAYERS]
    double cost_undiscounted[PAYERS]
    double cost_line[COST_LINES]
    int64_t first_exit_reason
    int64_t first_exit_day
    int64_t re_referrals
    int64_t no_shows
    int64_t cancellations
    int64_t outside_infusions
    double outside_mg
    uint64_t enrolled
    # histories, by day, course or calendar week modulo their length
    int64_t exposure_week[EXPOSURE_WEEKS]
    double exposure_mg[EXPOSURE_WEEKS]
    double exposure_hours[EXPOSURE_WEEKS]
    double exposure_days[EXPOSURE_WEEKS]
    int64_t recent_course_day[RECENT_COURSES]
    double pain_history[HISTORY_DAYS]
    double pain_without_drug_history[HISTORY_DAYS]


cdef enum RequestKind:
    REQUEST_COURSE = 1
    REQUEST_ASSESSMENT = 2
    REQUEST_PROGRAMME = 4
    EVERY_REQUEST = 7


cdef struct Request:
    # what a patient waits for; days are calendar days
    int64_t earliest
    int64_t joined
    int64_t assessment_joined
    int64_t programme_earliest
    int64_t programme_joined
    int32_t regimen  # rule set * MAX_LADDER_STEPS + course step
    int32_t was_infused
    int64_t bookings  # days offered so far, kept or not


cdef struct Offer:
    # what a patient was given on a booking day, until she hears of it; days are calendar days
    int64_t booking_day
    int64_t course_day  # of the course's first day, `NEVER` if there is none
    int64_t assessment_day
    int64_t programme_day
    int64_t rule_set  # in force at the booking


cdef struct QuietSums:
    # what quiet weeks give to the weekly rows, apart so that it lies close together
    int64_t weeks
    int64_t* state_changes  # for each state: patients more than in the week before
    int64_t* pain_e6
    int64_t* base_e6


cdef struct Context:
    # the plan
    const Parameters* rule_sets
    const Clinic* clinics  # rule set by rule set
    int64_t clinic_count
    const int64_t* change_days
    int64_t rule_set_count
    const double* curves
    const double* effect_prefix
    const double* years_prefix
    const double* effect_factor
    const double* cost_factor
    const double* cost_prefix
    const double* harm_age_factor
    const double* mortality_per_day
    const double* norm_utility
    const int64_t* observed_days
    int64_t observed_count
    int64_t horizon_days
    int64_t calendar_days
    uint64_t seed
    uint32_t clinic
    uint32_t draw
    # the clinic, where courses, assessments and programmes are booked
    bint queues
    int64_t clinic_place
    int64_t rule_set_today  # on a booking day
    int64_t booking_every_days
    Request* request  # of the patient being simulated
    uint8_t* open_requests  # RequestKind bits
    uint8_t* new_requests  # those not yet in their queue
    # what is written for all patients
    WeeklyRow* weekly
    QuietSums quiet_sums
    EventRow* events
    int64_t events_used
    int64_t event_capacity
    int64_t event_limit  # more than this leaves no room for another day
    bint events_kept
    int status
    # the patient and the day being simulated
    const Traits* traits
    const Parameters* rules
    const double* mortality_of_sex
    const double* norm_utility_of_sex
    int64_t day
    int64_t calendar_day
    int64_t week
    int64_t weekday
    int64_t step
    int64_t end_day  # to its start, or to its booking, the patient lives
    bint to_booking
    int64_t segment_end  # the call's end, or where the results are due on the way
    int64_t booking_day  # the one to be met next, `NOT_BEFORE_THE_END` if there is none
    int64_t next_change_day
    int64_t next_observed_day  # patient day
    Observation* observations  # of the patient, one for each observed day
    bint may_leave  # the rules in force have a hazard of loss, leaving or coming back
    bint administered
    int64_t stop_reasons  # exit reasons, as bits, that today's harms and choices give
    double administered_auc_s
    double raised_expectation
    # flare normals of the weeks flare_first <= w < flare_end
    int64_t flare_first
    int64_t flare_end
    double flare_normals[2 * FLARE_PAIRS]


cdef inline const Parameters* rules_of_course(Context* context, Patient* patient) noexcept nogil:
    return &context.rule_sets[patient.course_rules]


cdef inline const Clinic* clinic_under(Context* context, int64_t rule_set) noexcept nogil:
    return &context.clinics[rule_set * context.clinic_count + context.clinic_place]


cdef inline bint in_care(int64_t state) noexcept nogil:
    return STATE_WAITING <= state <= STATE_PAUSED


cdef inline bint keeps_pain_history(int64_t state) noexcept nogil:
    return state == STATE_REFERRED or in_care(state)


cdef inline WeeklyRow* this_week(Context* context) noexcept nogil:
    return &context.weekly[context.week]


cdef inline int64_t interval_of(double x, int64_t last) noexcept nogil:
    """The whole part of x, not above `last`; within the table whatever x is."""
    cdef int64_t i = <int64_t>x
    if i < 0:
        i = 0
    return last if i > last else i


cdef inline double clip(double x) noexcept nogil:
    return 0.0 if x < 0.0 else (10.0 if x > 10.0 else x)


cdef inline double limited(double x, double low, double high) noexcept nogil:
    return low if x < low else (high if x > high else x)
