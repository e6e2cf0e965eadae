import Testing

/// Runs the tests. SwiftPM takes this file for the program's start by its name, and then needs no index of all tests to
/// write one of its own: tests of Swift Testing are found without.
@main enum Main {
  static func main() async {
    // `swift test` runs the program once more for XCTest, of which there are none.
    guard CommandLine.arguments.contains("swift-testing") else {
      print("No test was run: those of Swift Testing are with --testing-library swift-testing.")
      return
    }
    await Testing.__swiftPMEntryPoint() as Never
  }
}
