import FuzzTargets
import Glibc

/// The target that `SIMPUL_FUZZ_TARGET` names.
private let chosen: FuzzTarget = {
  let name = getenv("SIMPUL_FUZZ_TARGET").map { String(cString: $0) }
  if let target = FuzzTarget.all.first(where: { $0.name == name }) { return target }
  fatalError("SIMPUL_FUZZ_TARGET is none of: \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
}()

/// libFuzzer's driver, which has the program's main, calls it for every input, from one thread. Built by `script/fuzz`
/// only: an ordinary build has no libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    _ = try chosen.run(Array(UnsafeBufferPointer(start: start, count: count)))
  } catch {
    // The driver keeps the input of a trap.
    fatalError("\(error)")
  }
  return 0
}
