/// Waits for a signal, or for the end of a turn of the loop.
public final class SimpleSource: EventSource {
    let handler: () -> Void

    init(of loop: Loop, _ handler: @escaping () -> Void) {
        self.handler = handler
        super.init(of: loop)
    }
}
