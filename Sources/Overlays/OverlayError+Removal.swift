internal import Trees

extension TreeRemoval<OverlayError> {
    /// A removal whose failures are told as those of an overlay.
    init(pause: @escaping () throws(OverlayError) -> Void = {}) {
        self.init(failing: { .system(path: $0, $1) }, pause: pause)
    }
}
