# Section 8c: the booking day of a clinic, on which alone its patients meet.
#
# A queue lies sorted in an array, with all that deciding needs. What the clinic decides it leaves as
# an offer for the patient, who hears of it when she is moved next (`meetings.pxi`).

cdef enum BookingConstant:
    BOOKING_MASK = BOOKING_DAYS - 1
    REGIMENS = MAX_RULE_SETS * MAX_LADDER_STEPS
    CLASS_SHIFT = 62
    PRIORITY_SHIFT = 40
    HIGHEST_PRIORITY = 0xFFFFF


cdef struct Waiting:
    uint64_t key  # class, then priority, then the day joined
    int64_t earliest
    uint32_t index
    int32_t regimen


cdef struct Queue:
    Waiting* entries
    int64_t count
    uint8_t kind


cdef struct Place:
    int64_t index
    int64_t slots


cdef struct ClinicDesk:
    int64_t patients
    int64_t rule_set  # in force when last booked
    int64_t day  # of the last booking
    Queue courses
    Queue assessments
    Queue programmes
    Waiting* found
    Waiting* scratch
    Request* requests
    uint8_t* open_requests
    uint8_t* new_requests
    int64_t* arrived  # patients with new requests
    Offer* offers
    uint8_t* holds_place
    int64_t* stands_at  # the booking to which each patient was last moved, or beyond all
    int64_t* meets_on  # the first booking day for which each patient has to be moved again
    # days ahead, by calendar day modulo BOOKING_DAYS
    int64_t chairs_kept
    int64_t least_minutes  # the fewest that any course day needs
    int32_t* chair_minutes
    int64_t* first_chair  # those below have less than the fewest minutes left
    int64_t* beds_used
    # regimens that found nothing today, from which day on, and single days without room
    int64_t* failed_from
    uint8_t* is_full
    int64_t* open_days  # of the window
    Place* places
    int64_t places_held


cdef inline bint comes_before(const Waiting* a, const Waiting* b) noexcept nogil:
    return a.key < b.key or (a.key == b.key and a.index < b.index)


cdef void merge_runs(
    const Waiting* runs, Waiting* merged, int64_t first, int64_t middle, int64_t end
) noexcept nogil:
    """Two sorted runs become one."""
    cdef int64_t left = first
    cdef int64_t right = middle
    cdef int64_t place
    for place in range(first, end):
        if left < middle and (right >= end or not comes_before(&runs[right], &runs[left])):
            merged[place] = runs[left]
            left += 1
        else:
            merged[place] = runs[right]
            right += 1


cdef Waiting* sort_waiting(Waiting* waiting, Waiting* scratch, int64_t n) noexcept nogil:
    """Sort by merging ever longer runs; returns which of the two arrays holds the result."""
    cdef Waiting* runs = waiting
    cdef Waiting* merged = scratch
    cdef int64_t width = 1
    cdef int64_t first, middle, end
    while width < n:
        first = 0
        while first < n:
            middle = first + width if first + width < n else n
            end = first + 2 * width if first + 2 * width < n else n
            merge_runs(runs, merged, first, middle, end)
            first = end
        runs, merged = merged, runs
        width = 2 * width
    return runs


cdef inline int64_t priority_of(const Clinic* clinic, const Traits* traits) noexcept nogil:
    return traits.enrolment_score_sum if clinic.queue_order == QUEUE_ORDER_HIGHEST_PAIN else 0


cdef inline int64_t class_of(const Clinic* clinic, const Request* request) noexcept nogil:
    if clinic.queue_order == QUEUE_ORDER_CONTINUING_FIRST:
        return not request.was_infused
    return clinic.queue_order == QUEUE_ORDER_NEW_FIRST and request.was_infused


cdef inline void set_key(
    Waiting* waiting, int64_t class_number, int64_t priority, int64_t joined
) noexcept nogil:
    waiting.key = (
        <uint64_t>class_number << CLASS_SHIFT
        | <uint64_t>(HIGHEST_PRIORITY - priority) << PRIORITY_SHIFT
        | <uint64_t>joined)


cdef void describe(
    const ClinicDesk* desk, const Clinic* clinic, const Traits* traits, uint8_t kind, int64_t index,
    Waiting* waiting,
) noexcept nogil:
    """What the queue of a kind has to know of a patient's request."""
    cdef const Request* request = &desk.requests[index]
    cdef int64_t priority = priority_of(clinic, &traits[index])
    waiting.index = <uint32_t>index
    waiting.regimen = request.regimen
    waiting.earliest = request.earliest
    if kind == REQUEST_COURSE:
        set_key(waiting, class_of(clinic, request), priority, request.joined)
    elif kind == REQUEST_ASSESSMENT:
        set_key(waiting, 0, priority, request.assessment_joined)
    else:
        waiting.earliest = request.programme_earliest
        set_key(waiting, 0, priority, request.programme_joined)


cdef void drop_closed(ClinicDesk* desk, Queue* queue) noexcept nogil:
    """Keep what is open and has not been asked for anew."""
    cdef int64_t kept = 0
    cdef int64_t place, index
    for place in range(queue.count):
        index = queue.entries[place].index
        if (desk.open_requests[index] & queue.kind != 0
                and desk.new_requests[index] & queue.kind == 0):
            queue.entries[kept] = queue.entries[place]
            kept += 1
    queue.count = kept


cdef int64_t list_arrived(ClinicDesk* desk) noexcept nogil:
    """The patients whose new requests today's booking sees: some live ahead of it."""
    cdef int64_t n = 0
    cdef int64_t index
    for index in range(desk.patients):
        if desk.new_requests[index] and desk.stands_at[index] <= desk.day:
            desk.arrived[n] = index
            n += 1
    return n


cdef int64_t find_new(
    ClinicDesk* desk, const Clinic* clinic, const Traits* traits, uint8_t kind, int64_t arrived
) noexcept nogil:
    """List the new requests that are still open; they are new no more."""
    cdef int64_t n = 0
    cdef int64_t place, index
    for place in range(arrived):
        index = desk.arrived[place]
        if desk.new_requests[index] & kind:
            desk.new_requests[index] &= ~kind
            if desk.open_requests[index] & kind:
                describe(desk, clinic, traits, kind, index, &desk.found[n])
                n += 1
    return n


cdef void merge_into(Queue* queue, const Waiting* more, int64_t n) noexcept nogil:
    """From the end, so that nothing is overwritten before it is read."""
    cdef int64_t left = queue.count - 1
    cdef int64_t right = n - 1
    cdef int64_t place = queue.count + n - 1
    queue.count += n
    while right >= 0:
        if left >= 0 and comes_before(&more[right], &queue.entries[left]):
            queue.entries[place] = queue.entries[left]
            left -= 1
        else:
            queue.entries[place] = more[right]
            right -= 1
        place -= 1


cdef void refresh_queue(
    ClinicDesk* desk, Queue* queue, const Clinic* clinic, const Traits* traits, int64_t arrived
) noexcept nogil:
    cdef int64_t n
    drop_closed(desk, queue)
    n = find_new(desk, clinic, traits, queue.kind, arrived)
    merge_into(queue, sort_waiting(desk.found, desk.scratch, n), n)


cdef int64_t fewest_minutes(const Context* context, const Clinic* clinic) noexcept nogil:
    """That a course day of any rule set needs in a chair."""
    cdef const Parameters* rules
    cdef int64_t fewest = <int64_t>HALF_OF_INT64
    cdef int64_t number, step, day, minutes
    for number in range(context.rule_set_count):
        rules = &context.rule_sets[number]
        for step in range(MAX_LADDER_STEPS):
            for day in range(0 if rules.step_bed[step] else rules.step_days[step]):
                minutes = chair_minutes(rules, step, day, clinic)
                if minutes < fewest:
                    fewest = minutes
    return fewest


cdef void take_over_rules(Context* context, ClinicDesk* desk, int64_t rule_set) noexcept nogil:
    """Other capacity and another order may hold from now on."""
    cdef int64_t index
    if rule_set == desk.rule_set:
        return
    desk.rule_set = rule_set
    desk.least_minutes = fewest_minutes(context, clinic_under(context, rule_set))
    memset(desk.first_chair, 0, BOOKING_DAYS * sizeof(int64_t))
    for index in range(desk.patients):
        desk.new_requests[index] |= desk.open_requests[index]


cdef void forget_days_until(ClinicDesk* desk, int64_t day) noexcept nogil:
    """What was used up to today makes room for days further ahead."""
    cdef int64_t past, place
    for past in range(desk.day + 1, day + 1):
        place = past & BOOKING_MASK
        desk.first_chair[place] = 0
        desk.beds_used[place] = 0
        memset(
            desk.chair_minutes + place * desk.chairs_kept, 0,
            desk.chairs_kept * sizeof(int32_t))
    desk.day = day


cdef int64_t free_chair(
    ClinicDesk* desk, const Clinic* clinic, int64_t day, int64_t needed
) noexcept nogil:
    """The first chair with as many minutes left on a day, or `NEVER`."""
    cdef int64_t place = day & BOOKING_MASK
    cdef const int32_t* used = desk.chair_minutes + place * desk.chairs_kept
    cdef int64_t chair = desk.first_chair[place]
    while chair < clinic.chairs and used[chair] + desk.least_minutes > clinic.open_minutes:
        chair += 1
    desk.first_chair[place] = chair
    while chair < clinic.chairs and used[chair] + needed > clinic.open_minutes:
        chair += 1
    return chair if chair < clinic.chairs else NEVER


cdef int64_t list_course_days(
    const Parameters* rules, int64_t step, const Clinic* clinic, int64_t first_day,
    int64_t* days,
) noexcept nogil:
    """The days of a course that begins on a possible day; how many they are."""
    cdef int64_t k
    days[0] = first_day
    for k in range(1, rules.step_days[step]):
        days[k] = possible_day(
            rules, step, clinic,
            days[k - 1] + rules.step_gap_days[step * MAX_COURSE_DAYS + k])
    return rules.step_days[step]


cdef bint has_beds(
    const ClinicDesk* desk, const Clinic* clinic, int64_t first_day, int64_t last_day
) noexcept nogil:
    cdef int64_t day
    if clinic.beds >= 0:
        for day in range(first_day, last_day + 1):
            if desk.beds_used[day & BOOKING_MASK] >= clinic.beds:
                return False
    return True


cdef bint has_chairs(
    ClinicDesk* desk, const Parameters* rules, int64_t step, const Clinic* clinic,
    const int64_t* days, int64_t n,
) noexcept nogil:
    cdef int64_t k
    if clinic.chairs >= 0:
        for k in range(n):
            if free_chair(
                    desk, clinic, days[k], chair_minutes(rules, step, k, clinic)) == NEVER:
                return False
    return True


cdef bint fits(
    ClinicDesk* desk, const Parameters* rules, int64_t step, const Clinic* clinic, int64_t day
) noexcept nogil:
    """Whether a whole course that begins on a day has its chairs or its bed."""
    cdef int64_t days[MAX_COURSE_DAYS]
    cdef int64_t n
    if not is_possible_day(rules, step, clinic, day):
        return False
    n = list_course_days(rules, step, clinic, day, days)
    if rules.step_bed[step]:
        return has_beds(desk, clinic, days[0], days[n - 1])
    return has_chairs(desk, rules, step, clinic, days, n)


cdef void use_days(
    ClinicDesk* desk, const Parameters* rules, int64_t step, const Clinic* clinic, int64_t first_day,
    int64_t course_days,
) noexcept nogil:
    """Take the chairs or the bed of the first days of a course; of what is unlimited, nothing."""
    cdef int64_t days[MAX_COURSE_DAYS]
    cdef int64_t k, day, minutes, place
    list_course_days(rules, step, clinic, first_day, days)
    if rules.step_bed[step]:
        if clinic.beds >= 0:
            for day in range(first_day, days[course_days - 1] + 1):
                desk.beds_used[day & BOOKING_MASK] += 1
    elif clinic.chairs >= 0:
        for k in range(course_days):
            minutes = chair_minutes(rules, step, k, clinic)
            place = days[k] & BOOKING_MASK
            desk.chair_minutes[
                place * desk.chairs_kept + free_chair(desk, clinic, days[k], minutes)
            ] += <int32_t>minutes


cdef int64_t first_slot(
    ClinicDesk* desk, const Parameters* rules, int64_t regimen, const Clinic* clinic,
    int64_t first_day, int64_t last_day,
) noexcept nogil:
    """The first day on which a course fits, or `NEVER`; a day once full stays full today."""
    cdef uint8_t* is_full = desk.is_full + regimen * BOOKING_DAYS
    cdef int64_t day
    for day in range(first_day, last_day + 1):
        if not is_full[day & BOOKING_MASK]:
            if fits(desk, rules, regimen % MAX_LADDER_STEPS, clinic, day):
                return day
            is_full[day & BOOKING_MASK] = 1
    return NEVER


cdef inline void point_at_patient(
    Context* context, ClinicDesk* desk, const Traits* traits, int64_t index
) noexcept nogil:
    context.traits = &traits[index]
    context.clinic = <uint32_t>context.traits.clinic
    context.day = context.calendar_day - context.traits.referral_day
    context.request = &desk.requests[index]
    context.open_requests = &desk.open_requests[index]
    context.new_requests = &desk.new_requests[index]


cdef inline Offer* offer_to(Context* context, ClinicDesk* desk, int64_t index) noexcept nogil:
    """What the patient hears of today, before the next booking."""
    cdef Offer* offer = &desk.offers[index]
    if offer.booking_day == NEVER:
        offer.booking_day = context.calendar_day
        offer.rule_set = desk.rule_set
        offer.course_day = offer.assessment_day = offer.programme_day = NEVER
        desk.meets_on[index] = context.calendar_day + 1
    return offer


cdef inline double no_show_uniform(Context* context, int64_t booking) noexcept nogil:
    return uniform_in_lane(context, PURPOSE_NO_SHOW, booking, 0)


cdef inline double cancellation_uniform(Context* context, int64_t booking) noexcept nogil:
    return uniform_in_lane(context, PURPOSE_NO_SHOW, booking, 1)


cdef inline bint is_cancelled(
    Context* context, const Clinic* clinic, int64_t booking
) noexcept nogil:
    return cancellation_uniform(context, booking) < clinic.late_cancellation


cdef inline bint is_missed(Context* context, const Clinic* clinic, int64_t booking) noexcept nogil:
    """If not cancelled."""
    return no_show_uniform(context, booking) < clinic.no_show


cdef void book_course(
    Context* context, ClinicDesk* desk, const Traits* traits, const Clinic* clinic,
    const Waiting* waiting, int64_t day,
) noexcept nogil:
    """A course whose days fit from a calendar day on; of one that is missed the first is used."""
    cdef const Parameters* rules = &context.rule_sets[waiting.regimen // MAX_LADDER_STEPS]
    cdef int64_t step = waiting.regimen % MAX_LADDER_STEPS
    cdef int64_t booking
    point_at_patient(context, desk, traits, waiting.index)
    booking = context.request.bookings
    context.request.bookings += 1
    offer_to(context, desk, waiting.index).course_day = day
    if not is_cancelled(context, clinic, booking):
        use_days(
            desk, rules, step, clinic, day,
            1 if is_missed(context, clinic, booking) else rules.step_days[step])


cdef void book_courses(
    Context* context, ClinicDesk* desk, const Traits* traits, const Clinic* clinic
) noexcept nogil:
    cdef int64_t last_day = context.calendar_day + clinic.booking_every_days
    cdef const Waiting* waiting
    cdef int64_t place, first_day, day
    memset(desk.is_full, 0, REGIMENS * BOOKING_DAYS)
    for place in range(REGIMENS):
        desk.failed_from[place] = last_day + 1
    for place in range(desk.courses.count):
        waiting = &desk.courses.entries[place]
        first_day = context.calendar_day + 1
        if waiting.earliest > first_day:
            first_day = waiting.earliest
        # Room only shrinks today: who asks for the same, or later, finds nothing either.
        if first_day >= desk.failed_from[waiting.regimen]:
            continue
        day = first_slot(
            desk, &context.rule_sets[waiting.regimen // MAX_LADDER_STEPS], waiting.regimen,
            clinic, first_day, last_day)
        if day == NEVER:
            desk.failed_from[waiting.regimen] = first_day
        else:
            book_course(context, desk, traits, clinic, waiting, day)


cdef int64_t list_open_days(
    const Clinic* clinic, int64_t first_day, int64_t last_day, int64_t* days
) noexcept nogil:
    cdef int64_t n = 0
    cdef int64_t day
    for day in range(first_day, last_day + 1):
        if (clinic.open_days >> (day % DAYS_PER_WEEK)) & 1:
            days[n] = day
            n += 1
    return n


cdef void book_assessments(
    Context* context, ClinicDesk* desk, const Clinic* clinic
) noexcept nogil:
    """The slots of the window, spread over its open days."""
    cdef int64_t today = context.calendar_day
    cdef int64_t last_day = today + clinic.booking_every_days
    cdef int64_t per_week = clinic.assessment_slots_per_week
    cdef int64_t slots = (
        per_week * last_day // DAYS_PER_WEEK - per_week * today // DAYS_PER_WEEK)
    cdef int64_t open_days = list_open_days(clinic, today + 1, last_day, desk.open_days)
    cdef int64_t slot, day
    if open_days == 0:
        return
    for slot in range(desk.assessments.count):
        if per_week >= 0 and slot >= slots:
            return
        day = 0 if per_week < 0 else slot * open_days // slots
        offer_to(context, desk, desk.assessments.entries[slot].index).assessment_day = (
            desk.open_days[day])


cdef int64_t release_places(
    Context* context, ClinicDesk* desk, const Patient* patients
) noexcept nogil:
    """Give back the places of those whose sessions are over; the slots still held."""
    cdef int64_t held = 0
    cdef int64_t kept = 0
    cdef int64_t place, index
    for place in range(desk.places_held):
        index = desk.places[place].index
        if (patients[index].state == STATE_DEAD
                or not has_running_sessions(context.rules, &patients[index])):
            desk.holds_place[index] = 0
        else:
            desk.places[kept] = desk.places[place]
            held += desk.places[kept].slots
            kept += 1
    desk.places_held = kept
    return held


cdef void give_place(
    Context* context, ClinicDesk* desk, int64_t index, int64_t earliest, int64_t slots
) noexcept nogil:
    cdef int64_t day = context.calendar_day + 1
    desk.places[desk.places_held].index = index
    desk.places[desk.places_held].slots = slots
    desk.places_held += 1
    desk.holds_place[index] = 1
    offer_to(context, desk, index).programme_day = earliest if earliest > day else day


cdef void book_programmes(
    Context* context, ClinicDesk* desk, const Patient* patients, const Clinic* clinic
) noexcept nogil:
    cdef int64_t last_day = context.calendar_day + clinic.booking_every_days
    cdef int64_t per_week = clinic.therapy_slots_per_week
    cdef int64_t slots = slots_needed(context.rules)
    cdef int64_t held = release_places(context, desk, patients)
    cdef const Waiting* waiting
    cdef int64_t place
    for place in range(desk.programmes.count):
        waiting = &desk.programmes.entries[place]
        if per_week >= 0 and held + slots > per_week:
            return
        if waiting.earliest <= last_day:
            give_place(context, desk, waiting.index, waiting.earliest, slots)
            held += slots


cdef void book_day(
    Context* context, ClinicDesk* desk, const Patient* patients, const Traits* traits
) noexcept nogil:
    """Step 7: courses, then assessments, then programmes."""
    cdef const Clinic* clinic = clinic_under(context, context.rule_set_today)
    cdef int64_t arrived
    context.rules = &context.rule_sets[context.rule_set_today]
    take_over_rules(context, desk, context.rule_set_today)
    forget_days_until(desk, context.calendar_day)
    arrived = list_arrived(desk)
    refresh_queue(desk, &desk.courses, clinic, traits, arrived)
    refresh_queue(desk, &desk.assessments, clinic, traits, arrived)
    refresh_queue(desk, &desk.programmes, clinic, traits, arrived)
    book_courses(context, desk, traits, clinic)
    book_assessments(context, desk, clinic)
    book_programmes(context, desk, patients, clinic)
