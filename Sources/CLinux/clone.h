/* Starting a child that shares our memory and runs on a stack of its own. */
#ifndef BULKHEAD_CLONE_H
#define BULKHEAD_CLONE_H

#include <linux/sched.h>
#include <stddef.h>
#include <sys/syscall.h>

/* clone3 with a stack of its own: the child continues in `function(argument)`. In assembly, for no
 * compiled frame may span the two returns. */
static inline long clone_onto(
    struct clone_args *arguments, size_t size, void (*function)(void *), void *argument) {
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
        : "a"(SYS_clone3), "D"(arguments), "S"(size), "r"(fn), "r"(arg)
        : "rcx", "r11", "memory");
    return result;
}

#endif
