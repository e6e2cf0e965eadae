package import Datasets

/// Points in time as the API writes them: RFC 3339 with the offset of the regency, which is what its people
/// read.
package enum InstantText {
  package static func of(_ time: Timestamp) -> String {
    ZonedInstant(timestamp: time, offsetMinutes: ZonedInstant.witaOffsetMinutes).description
  }
}
