/* Swift's own entry point is not used: it would come with a runtime that wants /proc. */
extern void bulkhead_init(void);

int main(void) {
    bulkhead_init();
    return 0;
}
