# The patients of one clinic with queues, and what the clinic keeps between booking days.

cdef class Desk:
    """One clinic with queues: its patients, its waiting lists and what it has given out.

    Parameters
    ----------
    inputs : Inputs
        With queues.
    clinic : int
        Its place among the plan's clinics.
    traits : ndarray
        Records of ``layout.TRAITS``, shape (n,): the clinic's patients, the earliest referred
        first. They are not to be changed afterwards.

    Attributes
    ----------
    booking_every_days : int
    waiting : int
        Open requests of all kinds, as far as the patients were moved.

    Raises
    ------
    TypeError, ValueError
        If an array does not fit, or a trait is out of range; the message names it.
    """

    cdef Inputs _inputs
    cdef Context _context
    cdef ClinicDesk _desk
    cdef const Traits* _traits
    cdef Patient* _patients
    cdef Py_ssize_t _count
    cdef readonly int64_t booking_every_days
    cdef dict _arrays

    def __init__(self, Inputs inputs not None, clinic, traits):
        if not inputs.queues:
            raise ValueError("inputs: have no queues; allowed: those of a plan with queues")
        self._inputs = inputs
        self._context = inputs.context
        self._context.queues = True
        self._context.clinic_place = _check_whole_number(
            "clinic", clinic, 0, inputs.context.clinic_count - 1)
        self._traits = _traits_of(traits)
        self._count = len(traits)
        _check_traits(traits, inputs.calendar_days)
        _check_clinic_of(traits, inputs.clinics["number"][0, clinic])
        self.booking_every_days = inputs.clinics["booking_every_days"][0, clinic]
        self._context.booking_every_days = self.booking_every_days
        self._allocate(traits, max(0, inputs.clinics["chairs"][:, clinic].max()))
        self._enrol()

    cdef _allocate(self, traits, chairs):
        n = self._count
        self._arrays = {
            name: numpy.zeros(shape, dtype)
            for name, shape, dtype in (
                ("courses", n * sizeof(Waiting), "u1"),
                ("assessments", n * sizeof(Waiting), "u1"),
                ("programmes", n * sizeof(Waiting), "u1"),
                ("found", n * sizeof(Waiting), "u1"),
                ("scratch", n * sizeof(Waiting), "u1"),
                ("requests", n * sizeof(Request), "u1"),
                ("places", n * sizeof(Place), "u1"),
                ("open_requests", n, "u1"),
                ("new_requests", n, "u1"),
                ("arrived", n, "i8"),
                ("offers", n * sizeof(Offer), "u1"),
                ("holds_place", n, "u1"),
                ("stands_at", n, "i8"),
                ("meets_on", n, "i8"),
                ("chair_minutes", BOOKING_DAYS * chairs, "i4"),
                ("first_chair", BOOKING_DAYS, "i8"),
                ("beds_used", BOOKING_DAYS, "i8"),
                ("failed_from", REGIMENS, "i8"),
                ("is_full", REGIMENS * BOOKING_DAYS, "u1"),
                ("open_days", BOOKING_DAYS, "i8"),
                ("states", n * sizeof(Patient), "u1"),
            )
        }
        # Memoryviews: they stop an array from being resized.
        self._arrays["traits"] = memoryview(traits)
        self._desk.chairs_kept = chairs
        self._point_at_arrays()

    cdef _point_at_arrays(self):
        arrays = self._arrays
        self._patients = <Patient*>_start_of(arrays["states"])
        self._desk.patients = self._count
        self._desk.rule_set = NEVER
        self._desk.day = NEVER
        self._desk.courses.kind = REQUEST_COURSE
        self._desk.courses.entries = <Waiting*>_start_of(arrays["courses"])
        self._desk.assessments.kind = REQUEST_ASSESSMENT
        self._desk.assessments.entries = <Waiting*>_start_of(arrays["assessments"])
        self._desk.programmes.kind = REQUEST_PROGRAMME
        self._desk.programmes.entries = <Waiting*>_start_of(arrays["programmes"])
        self._desk.found = <Waiting*>_start_of(arrays["found"])
        self._desk.scratch = <Waiting*>_start_of(arrays["scratch"])
        self._desk.requests = <Request*>_start_of(arrays["requests"])
        self._desk.places = <Place*>_start_of(arrays["places"])
        self._desk.open_requests = <uint8_t*>_start_of(arrays["open_requests"])
        self._desk.new_requests = <uint8_t*>_start_of(arrays["new_requests"])
        self._desk.arrived = <int64_t*>_start_of(arrays["arrived"])
        self._desk.offers = <Offer*>_start_of(arrays["offers"])
        self._desk.holds_place = <uint8_t*>_start_of(arrays["holds_place"])
        self._desk.stands_at = <int64_t*>_start_of(arrays["stands_at"])
        self._desk.meets_on = <int64_t*>_start_of(arrays["meets_on"])
        self._desk.chair_minutes = <int32_t*>_start_of(arrays["chair_minutes"])
        self._desk.first_chair = <int64_t*>_start_of(arrays["first_chair"])
        self._desk.beds_used = <int64_t*>_start_of(arrays["beds_used"])
        self._desk.failed_from = <int64_t*>_start_of(arrays["failed_from"])
        self._desk.is_full = <uint8_t*>_start_of(arrays["is_full"])
        self._desk.open_days = <int64_t*>_start_of(arrays["open_days"])

    cdef _enrol(self):
        cdef Py_ssize_t k
        with nogil:
            for k in range(self._count):
                enrol_patient(&self._patients[k], &self._traits[k])
                self._desk.offers[k].booking_day = NEVER
                self._desk.stands_at[k] = NEVER
                self._desk.meets_on[k] = booking_from(
                    &self._context, self._traits[k].referral_day)

    @property
    def waiting(self):
        cdef int64_t n = 0
        cdef Py_ssize_t k
        for k in range(self._count):
            n += (self._desk.open_requests[k] & REQUEST_COURSE != 0)
            n += (self._desk.open_requests[k] & REQUEST_ASSESSMENT != 0)
            n += (self._desk.open_requests[k] & REQUEST_PROGRAMME != 0)
        return n

    def advance(
        self, first, count, results, weekly, events, end_day, to_booking, observations=None
    ):
        """Move those who have to attend the booking of calendar day `end_day`, or all to the end.

        Who has nothing to ask of the clinic lives on to the first booking after she does; who
        waits may be left behind until she is offered something.

        Parameters
        ----------
        first, count : int
            Which: threads may move patients that lie apart at the same time.
        results : ndarray
            Records of ``layout.RESULTS``, shape (n,), of all patients of the clinic.
        weekly : ndarray
            Records of ``layout.WEEKLY``, every week of the calendar; added to.
        events : ndarray or None
            Records of ``layout.EVENT``, filled from the first; None if they are not wanted.
        end_day : int
        to_booking : bool
            Whether steps 1 to 6 of `end_day` are lived. If not, and it is not the end of the
            calendar, nobody has to be moved for it.
        observations : ndarray or None
            As those of :func:`advance`, of all patients of the clinic.

        Returns
        -------
        status, events_used : int
            As those of :func:`advance`.
        """
        cdef Context context = self._context
        cdef int64_t begin = _check_whole_number("first", first, 0, self._count)
        cdef int64_t end = begin + _check_whole_number("count", count, 0, self._count - begin)
        cdef bint is_booked = bool(to_booking)
        cdef int64_t last = _check_whole_number(
            "end_day", end_day, 0, self._inputs.calendar_days - is_booked)
        cdef Results* rows = _results_of(results, self._count)
        cdef Observation* seen = _observations_of(&context, observations, self._count)
        sums = _attach_outputs(&context, weekly, events, self._inputs.calendar_days)
        if not is_booked and last < self._inputs.calendar_days:
            return context.status, context.events_used
        with nogil:
            advance_at_desk(
                &context, &self._desk, self._patients, self._traits, rows, seen, begin, end, last,
                is_booked)
            add_quiet_sums(&context)
        return context.status, context.events_used

    def book(self, day):
        """Book on a calendar day (docs/model.md 8c), to whose booking everybody was advanced.

        Patients hear of it when they are moved next: their events and weekly rows are theirs.

        Parameters
        ----------
        day : int

        Raises
        ------
        ValueError
            If patients stand elsewhere.
        """
        cdef Context context = self._context
        context.calendar_day = _check_whole_number(
            "day", day, max(0, self._desk.day + 1), self._inputs.calendar_days - 1)
        context.week = context.calendar_day // DAYS_PER_WEEK
        context.weekday = context.calendar_day % DAYS_PER_WEEK
        self._check_booking_day(context.calendar_day)
        while (context.rule_set_today + 1 < context.rule_set_count
               and context.change_days[context.rule_set_today + 1] <= context.calendar_day):
            context.rule_set_today += 1
        with nogil:
            book_day(&context, &self._desk, self._patients, self._traits)

    cdef int _check_booking_day(self, int64_t day) except -1:
        cdef Py_ssize_t k
        if day % self.booking_every_days != 0:
            raise ValueError(
                f"day: got {day}; allowed: multiples of {self.booking_every_days}")
        for k in range(self._count):
            if self._desk.meets_on[k] <= day:
                raise ValueError(f"patient {k} was not advanced to the booking of day {day}")
        return 0
