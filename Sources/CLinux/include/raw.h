/* System calls without the C library: no errno, no locks, no thread-local state. For code that
 * shares its memory with another process, and for init, which is alone in its sandbox. */
#ifndef BULKHEAD_RAW_H
#define BULKHEAD_RAW_H

#if !defined(__x86_64__)
#error "the child half of a launch knows x86-64 only"
#endif

static inline long raw6(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define RAW_PICK(a, b, c, d, e, f, g, name, ...) name
#define RAW0(n) raw6(n, 0, 0, 0, 0, 0, 0)
#define RAW1(n, a) raw6(n, (long)(a), 0, 0, 0, 0, 0)
#define RAW2(n, a, b) raw6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define RAW3(n, a, b, c) raw6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define RAW4(n, a, b, c, d) raw6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define RAW5(n, a, b, c, d, e) raw6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define RAW6(n, a, b, c, d, e, f) \
    raw6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* raw(SYS_x, ...): the result, or the negated error number. */
#define raw(...) RAW_PICK(__VA_ARGS__, RAW6, RAW5, RAW4, RAW3, RAW2, RAW1, RAW0, 0)(__VA_ARGS__)

/* clone3 with a stack of its own: the child continues in `function(argument)`. In assembly, for no
 * compiled frame may span the two returns. */
static inline long raw_clone_onto(
    void *arguments, unsigned long size, void (*function)(void *), void *argument) {
    long result;
    register long fn __asm__("r12") = (long)function;
    register long arg __asm__("r13") = (long)argument;
    __asm__ volatile(
        "syscall\n\t"
        "test %%rax, %%rax\n\t"
        "jnz 1f\n\t"
        "xor %%ebp, %%ebp\n\t"
        "mov %%r13, %%rdi\n\t"
        "call *%%r12\n\t"
        "ud2\n"
        "1:"
        : "=a"(result)
        : "a"(435L /* clone3 */), "D"(arguments), "S"(size), "r"(fn), "r"(arg)
        : "rcx", "r11", "memory");
    return result;
}

#endif
