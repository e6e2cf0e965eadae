/// The version of this build, the same in every executable.
package enum SimpulVersion {
  /// `MAJOR.MINOR.PATCH`.
  package static let text = "0.1.0"
}
