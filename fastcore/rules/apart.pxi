# What few patients need, kept out of the loop over days: inlined there, it would slow all others.

cdef extern from *:
    """
    #if defined(__GNUC__)
    __attribute__((noinline)) static void pathways_come_and_go(void *, void *, double);
    __attribute__((noinline)) static void pathways_buy_infusion(void *, void *);
    __attribute__((noinline)) static void pathways_count_apart(void *, void *);
    __attribute__((noinline)) static void pathways_observe(void *, void *);
    __attribute__((noinline)) static void pathways_write_results(void *, void *, void *);
    #endif
    """


cdef void come_and_go_apart "pathways_come_and_go"(
    void* context, void* patient, double elapsed
) noexcept nogil:
    coming_and_going_week(<Context*>context, <Patient*>patient, elapsed)


cdef void buy_infusion_apart "pathways_buy_infusion"(
    void* context, void* patient
) noexcept nogil:
    buy_infusion(<Context*>context, <Patient*>patient)


cdef void count_apart "pathways_count_apart"(void* context, void* patient) noexcept nogil:
    """The sums of the weekly row over the panel and over those who wait."""
    cdef Context* here = <Context*>context
    if here.traits.patient < PANEL_PATIENTS and here.week % PANEL_EVERY_WEEKS == 0:
        count_panel_score(here, <Patient*>patient, this_week(here))
    if here.queues:
        count_waiting(here, <Patient*>patient, this_week(here), here.calendar_day)


cdef void observe_apart "pathways_observe"(void* context, void* patient) noexcept nogil:
    observe(<Context*>context, <Patient*>patient)


cdef void write_results_apart "pathways_write_results"(
    void* context, void* patient, void* results
) noexcept nogil:
    write_results(<Context*>context, <const Patient*>patient, <Results*>results)
