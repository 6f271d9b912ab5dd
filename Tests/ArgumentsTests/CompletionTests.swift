import Arguments
import Testing

@Suite struct CompletionTests {
    @Test(arguments: Invocation.Shell.allCases)
    func aScriptKnowsEveryCommandAndOption(shell: Invocation.Shell) {
        let script = shell.completionScript
        for command in CommandName.allCases {
            #expect(script.contains(command.rawValue))
            for option in command.options {
                let spelling =
                    shell == .fish ? "-l \(option.spelling.dropFirst(2)) " : option.spelling
                #expect(script.contains(spelling), "\(option.spelling)")
            }
        }
    }
}
