# cython: language_level=3
"""Which x86-64 levels this processor, under this operating system, can run."""

cdef extern from *:
    """
    #if defined(__x86_64__) && defined(__GNUC__)
    static int pathways_can_run(int level) {
        __builtin_cpu_init();
        if (!(__builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.2")
              && __builtin_cpu_supports("popcnt"))) return 0;
        if (level == 2) return 1;
        if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
              && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))) return 0;
    #if !defined(__clang__) && __GNUC__ >= 12
        if (!__builtin_cpu_supports("x86-64-v3")) return 0;
    #endif
        if (level == 3) return 1;
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512vl");
    }
    #else
    static int pathways_can_run(int level) { (void)level; return 0; }
    #endif
    """
    bint pathways_can_run(int level) noexcept nogil


def supported_levels():
    """Return the x86-64 levels that can run here, the lowest first; none elsewhere."""
    return tuple(f"v{level}" for level in (2, 3, 4) if pathways_can_run(level))
