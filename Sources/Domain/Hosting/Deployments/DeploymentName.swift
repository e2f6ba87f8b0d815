public import JSONText
import Vocabulary

/// What names of deployments may look like: they are part of URLs, logs and metrics.
public enum DeploymentName {
    /// - Parameter name: as a client wrote it.
    /// - Returns: whether it has 1 to 128 letters, digits and `-_.:/@+`.
    public static func isAllowed(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-_.:/@+".utf8.contains(byte)
            }
    }
}

extension JSONField {
    /// The name of a deployment.
    public func deploymentName() throws(JSONFieldError) -> String {
        let name = try string()
        guard DeploymentName.isAllowed(name) else {
            throw fail("must have 1 to 128 letters, digits or any of -_.:/@+")
        }
        return name
    }

    func names(countMax: Int) throws(JSONFieldError) -> [String] {
        var names: [String] = []
        for element in try elements(countMax: countMax) {
            let name = try element.deploymentName()
            guard !names.contains(name) else { throw element.fail("is there twice") }
            names.append(name)
        }
        return names
    }

    func texts(countIn range: ClosedRange<Int>) throws(JSONFieldError) -> [String] {
        let list = try elements(countMax: range.upperBound)
        guard list.count >= range.lowerBound else { throw fail("must not be empty") }
        var texts: [String] = []
        for element in list {
            let text = try element.keptText(bytesIn: 0...4_096)
            guard !text.utf8.contains(0) else { throw element.fail("must not have a zero byte") }
            texts.append(text)
        }
        return texts
    }

    /// Variables of a child: at most 128.
    func environment() throws(JSONFieldError) -> [String: String] {
        let members = try object()
        guard members.count <= 128 else { throw fail("has \(members.count) members, at most 128 are allowed") }
        var variables: [String: String] = [:]
        for (name, value) in members {
            let field = JSONField(value, path: "\(path).\(name)")
            guard !name.isEmpty, !name.contains("="), !name.utf8.contains(0) else {
                throw field.fail("is no name of a variable")
            }
            variables[name] = try field.keptText(bytesIn: 0...8_192)
        }
        return variables
    }

    func urlPath() throws(JSONFieldError) -> String {
        let text = try keptText(bytesIn: 1...1_024)
        guard text.hasPrefix("/"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw fail("must begin with / and have no blanks")
        }
        return text
    }

    func seconds(in range: ClosedRange<Double>) throws(JSONFieldError) -> Duration {
        .milliseconds(Int64((try number(in: range) * 1_000).rounded()))
    }

    func choice<Word: RawRepresentable & CaseIterable>() throws(JSONFieldError) -> Word where Word.RawValue == String {
        let text = try string()
        if let word = Word(rawValue: text) { return word }
        throw fail("must be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    func refuseOthers(than names: [String]) throws(JSONFieldError) {
        for (name, _) in try object() where !names.contains(name) {
            let sorted = names.sorted().joined(separator: ", ")
            throw JSONFieldError(
                path: path.isEmpty ? name : "\(path).\(name)", problem: "is not known here; there are \(sorted)")
        }
    }
}
