import JSONText
import ModelCatalog
import Storage

// How the catalogue's values stand in rows.

/// A row that no version of this program wrote.
private func damaged(_ what: String) -> StorageError {
    StorageError(.corrupt, "the catalogue holds \(what) that this program cannot read")
}

extension ModelRecord {
    /// Everything but the texts, files and labels; `base` and `tag` come first.
    var columns: [(name: String, value: SQLValue)] {
        get throws {
            [
                ("base", .text(name.base)), ("tag", .text(name.tag)), ("state", .text(state.text)),
                ("failure", SQLValue(failure)), ("origin", .text(origin.kind)),
                ("origin_place", SQLValue(origin.place)),
                ("origin_detail", SQLValue(origin.detail)), ("format", SQLValue(metadata.format)),
                ("architecture", SQLValue(metadata.architecture)), ("title", SQLValue(metadata.title)),
                ("parameter_count", SQLValue(metadata.parameterCount)), ("byte_count", .integer(byteCount)),
                ("rating", SQLValue(opinion.rating.map(Int64.init))), ("added_at", .integer(addedAt)),
                ("changed_at", .integer(changedAt)), ("document", .text(document.text)),
            ]
        }
    }

    /// What has no column.
    private var document: JSONValue {
        var object = metadata.document
        object["notes"] = opinion.notes.map(JSONValue.string)
        object["parameters"] = defaults.parameters.isEmpty ? nil : .object(defaults.parameters)
        object["system"] = defaults.system.map(JSONValue.string)
        object["context_tokens"] = defaults.contextTokens.map(JSONValue.whole)
        return .object(object)
    }

    init(row: Row) throws {
        let base: String = try row.decode("base")
        let tag: String = try row.decode("tag")
        guard let state = ModelState(text: try row.decode("state")),
            let origin = ModelOrigin(
                kind: try row.decode("origin"), place: try row.decode("origin_place"),
                detail: try row.decode("origin_detail"))
        else { throw damaged("a state or an origin") }
        let document: JSONValue
        let name: ModelName
        do {
            document = try JSONValue.parse(try row.decode(String.self, "document"))
            name = try ModelName("\(base):\(tag)")
        } catch {
            throw damaged("a name or a document")
        }
        self.init(name: name, state: state, origin: origin, addedAt: try row.decode("added_at"))
        changedAt = try row.decode("changed_at")
        failure = try row.decode("failure")
        metadata = ModelMetadata(document: document)
        metadata.format = try row.decode("format")
        metadata.architecture = try row.decode("architecture")
        metadata.title = try row.decode("title")
        metadata.parameterCount = try row.decode("parameter_count")
        opinion.rating = try row.decode(Int64?.self, "rating").map { Int($0) }
        opinion.notes = document["notes"]?.string
        defaults.parameters = document["parameters"]?.object ?? JSONObject()
        defaults.system = document["system"]?.string
        defaults.contextTokens = document["context_tokens"]?.integer.map { Int($0) }
    }
}

extension ModelMetadata {
    fileprivate var document: JSONObject {
        var object = JSONObject()
        object["quantization"] = quantization.map(JSONValue.string)
        object["context_length"] = contextLength.map(JSONValue.whole)
        object["embedding_length"] = embeddingLength.map(JSONValue.whole)
        object["block_count"] = blockCount.map(JSONValue.whole)
        object["head_count"] = headCount.map(JSONValue.whole)
        object["key_value_head_count"] = keyValueHeadCount.map(JSONValue.whole)
        object["vocabulary_size"] = vocabularySize.map(JSONValue.whole)
        object["tokenizer"] = tokenizer.map(JSONValue.string)
        object["license"] = license.map(JSONValue.string)
        object["has_chat_template"] = hasChatTemplate ? true : nil
        return object
    }

    fileprivate init(document: JSONValue) {
        self.init()
        func whole(_ key: String) -> Int? { document[key]?.integer.map { Int($0) } }
        quantization = document["quantization"]?.string
        contextLength = whole("context_length")
        embeddingLength = whole("embedding_length")
        blockCount = whole("block_count")
        headCount = whole("head_count")
        keyValueHeadCount = whole("key_value_head_count")
        vocabularySize = whole("vocabulary_size")
        tokenizer = document["tokenizer"]?.string
        license = document["license"]?.string
        hasChatTemplate = document["has_chat_template"]?.bool ?? false
    }
}

extension ModelTexts {
    var sqlValue: SQLValue {
        let texts = bounded
        var object = JSONObject()
        object["chat_template"] = texts.chatTemplate.map(JSONValue.string)
        object["license"] = texts.license.map(JSONValue.string)
        object["card"] = texts.card.map(JSONValue.string)
        return .text(JSONValue.object(object).text)
    }

    init(row: Row) throws {
        let texts: JSONValue
        do {
            texts = try JSONValue.parse(try row.decode(String.self, "texts"))
        } catch {
            throw damaged("texts")
        }
        self.init(
            chatTemplate: texts["chat_template"]?.string, license: texts["license"]?.string,
            card: texts["card"]?.string)
    }
}

extension ModelFile {
    /// From `path` on, in the table's order.
    var columns: [SQLValue] {
        [
            .text(path), .text(role.rawValue), .integer(identity.byteCount), .integer(identity.modifiedAt),
            .integer(identity.device), .integer(identity.inode), SQLValue(sha256),
        ]
    }

    init(row: Row) throws {
        guard let role = Role(rawValue: try row.decode("role")) else { throw damaged("the role of a file") }
        self.init(
            path: try row.decode("path"), role: role,
            identity: FileIdentity(
                byteCount: try row.decode("byte_count"), modifiedAt: try row.decode("modified_at"),
                device: try row.decode("device"), inode: try row.decode("inode")),
            sha256: try row.decode("sha256"))
    }
}

extension CatalogEvent {
    /// `nil` for events of a version that knew more kinds.
    init?(row: Row) throws {
        guard
            let what = What(
                name: try row.decode("name"), before: try row.decode("state_before"),
                after: try row.decode("state_after"))
        else { return nil }
        let name: ModelName
        do {
            name = try ModelName("\(try row.decode(String.self, "base")):\(try row.decode(String.self, "tag"))")
        } catch {
            throw damaged("a name")
        }
        self.init(
            at: try row.decode("at"), model: name, what: what, deployment: try row.decode("deployment"),
            detail: try row.decode("detail"))
        number = try row.decode("id")
    }
}

extension ModelUsage {
    init(row: Row) throws {
        self.init(
            requests: try row.decode("requests"), promptTokens: try row.decode("prompt_tokens"),
            completionTokens: try row.decode("completion_tokens"), failures: try row.decode("failures"),
            lastUsedAt: try row.decode("last_used_at"))
    }
}
