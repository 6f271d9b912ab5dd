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
                    shell == .fish ? "-l \(option.name) " : option.spelling
                #expect(script.contains(spelling), "\(option.spelling)")
                guard let letter = option.letter else { continue }
                #expect(script.contains(shell == .fish ? "-s \(letter) " : "-\(letter)"))
            }
        }
    }
}
