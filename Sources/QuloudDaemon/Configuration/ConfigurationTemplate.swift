/// Writes `node.toml`: every key with its meaning. Keys that keep their default are commented out, so that a file made
/// today follows better defaults later.
package enum ConfigurationTemplate {
    /// - Parameter overriding: Values to write, by `ConfigurationKey.path`.
    package static func render(overriding values: [String: ConfigurationValue] = [:]) -> String {
        var lines = wrapped(
            """
            Configuration of a Quloud node, in TOML. A line that starts with "#name =" shows a key with its default; remove \
            the "#" to change it. Sizes: "512 MiB", "20 GiB", or plain bytes. Durations: "90s", "15m", "12h", "30d". \
            Paths: "~/" is the home folder; relative paths start at the folder of this file. Environment variables such as \
            QULOUD_OWNER_QUORUM win over this file. Secrets never stand here, only the paths of the files that hold them.
            """)
        for section in ConfigurationKey.sections {
            lines += [""] + wrapped(section.documentation) + ["[\(section.name)]"]
            for key in ConfigurationKey.all where key.section == section.name {
                lines += [""] + wrapped(key.documentation)
                let value = values[key.path]
                lines.append("\(value == nil ? "#" : "")\(key.name) = \(key.text(value ?? key.defaultValue))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The same for values given on the command line, with paths made absolute.
    package static func render(
        overriding overrides: [ConfigurationOverride], paths: ConfigurationPaths
    ) throws(ConfigurationError) -> String {
        var values: [String: ConfigurationValue] = [:]
        var problems: [ConfigurationProblem] = []
        for override in overrides {
            do throws(ValueProblem) {
                guard let key = ConfigurationKey.named(override.key) else { throw ValueProblem("unknown key") }
                var value = try key.value(of: override.value)
                if case .path = key.kind, case .text(let text) = value {
                    value = .text(paths.absolute(text, from: paths.workingDirectory))
                }
                values[key.path] = value
            } catch {
                problems.append(ConfigurationProblem(origin: .flag(name: override.flag), message: error.message))
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return render(overriding: values)
    }

    /// Comment lines of at most 100 characters.
    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        var line = "#"
        for word in text.split(separator: " ") {
            if line.count + 1 + word.count > 100 {
                lines.append(line)
                line = "#"
            }
            line += " " + word
        }
        return lines + [line]
    }
}

extension ConfigurationKey {
    /// The value as TOML.
    package func text(_ value: ConfigurationValue) -> String {
        switch (kind, value) {
        case (.bytes, .number(let bytes)): TOMLText.quote(ByteSize.text(bytes))
        case (.broker, .list(let list)) where list.count == 1: TOMLText.quote(list[0])
        case (_, .text(let text)): TOMLText.quote(text)
        case (_, .flag(let flag)): String(flag)
        case (_, .number(let number)): String(number)
        case (_, .duration(let duration)): TOMLText.quote(DurationText.text(duration))
        case (_, .list(let list)): TOMLText.list(list)
        }
    }
}
