import Telemetry

/// Moments as SAML writes them: `2026-11-21T18:41:13.250Z`, always in UTC (SAML core, section 1.3.3).
enum SAMLTime {
    /// Unix time in whole seconds, fractions cut off; `nil` for anything else than a moment in UTC.
    static func seconds(_ text: String) -> Int64? {
        UnixTime(rfc3339: text).map { $0.seconds }
    }
}
