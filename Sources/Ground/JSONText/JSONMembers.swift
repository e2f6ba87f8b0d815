extension JSONValue {
    /// Reads one JSON text, and gives the members of one object in it as they are written: each as often as it is there,
    /// and with keys that only look alike apart. `JSONObject` compares keys as Swift does, for which `é` is the same in one
    /// scalar and in two; vocabularies and lists of tensors tell such keys from each other by their bytes.
    ///
    /// - Parameters:
    ///   - text: the JSON text.
    ///   - path: the keys that lead from the outermost object to the one that is meant; none for the outermost itself.
    ///   - depthMax: how deep objects and arrays may be nested.
    /// - Returns: the whole value, in which that object is empty, and its members; `nil` when there is no such object.
    /// - Throws: `JSONSyntaxError` with the place of what is wrong.
    public static func parse(_ text: some Sequence<UInt8>, membersAt path: [String], depthMax: Int = depthMax)
        throws(JSONSyntaxError) -> (value: JSONValue, members: [(key: String, value: JSONValue)]?)
    {
        var parser = JSONParser(bytes: Array(text), depthMax: depthMax, watching: path)
        let value = try parser.document()
        return (value, parser.members)
    }
}
