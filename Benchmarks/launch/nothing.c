/* What starting any program at all takes. */
int main(void) { return 0; }
