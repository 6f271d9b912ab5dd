import Configuration
import Plan
import Testing

/// What no project can be refused for alone.
struct WholeTests {
    @Test func aProjectOrTemplateIsGivenOnce() {
        let lines = refusal([
            ("bulkhead.yaml", "global: {}\ntemplates: {t: {}}\nprojects:\n  a: {path: /a}\n"),
            ("projects.d/a.yaml", "global: {}\ntemplates: {t: {}}\nprojects:\n  a: {path: b}\n"),
        ])
        #expect(
            lines == [
                "projects.d/a.yaml:1:9: global: is given in bulkhead.yaml:1:9 already; keep one of "
                    + "the two",
                "projects.d/a.yaml:2:13: templates.t: is given in bulkhead.yaml:2:13 already; give "
                    + "it another name",
                "projects.d/a.yaml:4:3: projects.a: is given in bulkhead.yaml:4:3 already; keep one "
                    + "of the two",
                "projects.d/a.yaml:4:13: projects.a.path: 'b': is a relative path; write the whole "
                    + "path, from / on",
            ])
    }

    @Test func aTemplateIsFoundWhateverItsFile() throws {
        let configuration = try load([
            ("bulkhead.yaml", "projects: {a: {path: /a, template: t}}"),
            ("projects.d/t.yaml", "templates: {t: {network: host}}"),
        ])
        #expect(configuration.projects.map(\.network) == [.host])
    }

    @Test func aProjectHasAPath() {
        #expect(
            refusal("projects:\n  shop: {}\n  b:\n") == [
                "b.yaml:2:3: projects.shop: has no path; say where it is: path: /srv/shop",
                "b.yaml:3:3: projects.b: has no path; say where it is: path: /srv/b",
            ])
    }

    @Test func anUnknownDependencyIsNamed() {
        #expect(
            refusal("projects: {shop: {path: /a}, web: {path: /b, dependencies: [shp, zebra]}}")
                == [
                    "b.yaml:1:61: projects.web.dependencies: there is no project 'shp'; did you mean "
                        + "'shop'?",
                    "b.yaml:1:66: projects.web.dependencies: there is no project 'zebra'",
                ])
    }

    @Test func everyCircleOfDependenciesIsShown() {
        let text = """
            projects:
              a: {path: /a, dependencies: [b]}
              b: {path: /b, dependencies: [c, e]}
              c: {path: /c, dependencies: [a]}
              d: {path: /d, dependencies: [d]}
              e: {path: /e}
            """
        #expect(
            refusal(text) == [
                "b.yaml:4:32: projects.a.dependencies: projects wait for each other: a → b → c → a; "
                    + "take one of them out",
                "b.yaml:5:32: projects.d.dependencies: projects wait for each other: d → d; take one "
                    + "of them out",
            ])
    }

    @Test func whatLeadsToACircleIsNoPartOfIt() {
        let text = """
            projects:
              a: {path: /a, dependencies: [b]}
              b: {path: /b, dependencies: [c]}
              c: {path: /c, dependencies: [b]}
            """
        #expect(
            refusal(text) == [
                "b.yaml:4:32: projects.b.dependencies: projects wait for each other: b → c → b; take "
                    + "one of them out"
            ])
    }

    @Test func aCircleOfServicesIsShown() {
        let text = """
            projects:
              p:
                path: /p
                services:
                  a: {command: a, after: [b]}
                  b: {command: b, after: [a]}
            """
        #expect(
            refusal(text) == [
                "b.yaml:6:31: projects.p.services.a.after: services wait for each other: a → b → a; "
                    + "take one of them out"
            ])
    }

    @Test func aLongChainIsNoCircle() throws {
        let projects = (0..<1_000).map { index in
            "  p\(index): {path: /srv/\(index), dependencies: [\(index == 999 ? "" : "p\(index + 1)")]}\n"
        }
        #expect(try load("projects:\n" + projects.joined()).projects.count == 1_000)
        let more = projects + ["  q: {path: /q}\n"]
        #expect(
            refusal([("a", "projects:\n" + projects.joined()), ("b", "projects:\n" + more[1000])])
                == ["b:2:3: projects: is one more than 1000"])
    }

    @Test func twoProjectsShareNoDirectory() {
        let text = """
            projects:
              a: {path: /srv/a}
              b: {path: /srv//a/}
              c: {path: /srv/a/c}
              d: {path: /srv/ab}
              e: {path: /}
            """
        #expect(
            refusal(text) == [
                "b.yaml:6:13: projects.e.path: is the whole machine",
                "b.yaml:3:13: projects.b.path: '/srv/a' is the path of project 'a' too, in "
                    + "b.yaml:2:13; give each project a directory of its own",
                "b.yaml:4:13: projects.c.path: '/srv/a/c' lies in '/srv/a', which project 'a' may "
                    + "change; give each project a directory of its own",
            ])
    }

    @Test func guaranteesAboveTheMachineAreRefused() throws {
        func text(_ status: String, _ global: String) -> String {
            """
            global: {\(global)}
            projects:
              a: {path: /a, limits: {memory: 6G, memory_min: 5G, cpu: 3, cpu_min: 3}}
              b: {path: /b, status: \(status), limits: {memory: 6G, memory_min: 3G, cpu_min: 1}}
              c: {path: /c, limits: {memory: 6G, memory_min: 1M, cpu_min: 0.01}}
            """
        }
        #expect(
            refusal(text("active", "")) == [
                "b.yaml:5:50: projects.c.limits.memory_min: with it 8G are guaranteed, and this "
                    + "machine has 8G; guarantee less",
                "b.yaml:5:63: projects.c.limits.cpu_min: with it 4.01 processors are guaranteed, and "
                    + "this machine has 4; guarantee less",
            ])
        #expect(refusal(text("archived", "")) == [])
        #expect(
            refusal(text("archived", "global_memory_limit_gb: 4, global_cpu_cores: 2")) == [
                "b.yaml:3:50: projects.a.limits.memory_min: with it 5G are guaranteed, and "
                    + "global_memory_limit_gb allows 4G; guarantee less",
                "b.yaml:3:71: projects.a.limits.cpu_min: with it 3 processors are guaranteed, and "
                    + "global_cpu_cores allows 2; guarantee less",
            ])
        // A limit is no guarantee.
        #expect(refusal("projects: {a: {path: /a, limits: {memory: 64G, cpu: 99}}}") == [])
    }

    @Test func templatesThatMakeTooMuchOfLittleAreRefused() {
        let variables = (0..<480).map { "V\($0): x" }.joined(separator: ", ")
        let services = (0..<9).map { "s\($0): {command: ls, environment: {\(variables)}}" }
            .joined(separator: ", ")
        let projects = (0..<120).map { "p\($0): {path: /srv/\($0), template: t}" }
            .joined(separator: ", ")
        let lines = refusal(
            "templates: {t: {services: {\(services)}}}\nprojects: {\(projects)}")
        #expect(lines.count == 1)
        #expect(
            lines.first?.hasSuffix(
                ": projects: with what they inherit, they have more than 500000 values; make "
                    + "templates smaller") == true)
    }

    @Test func theResultIsByName() throws {
        let configuration = try load([
            ("b.yaml", "projects: {b: {path: /b}, a: {path: /a}}"),
            ("c.yaml", "projects: {B: {path: /c}}"),
        ])
        #expect(configuration.projects.map(\.name.text) == ["B", "a", "b"])
    }
}
