import Datasets

extension SplitMix64 {
  /// A number of `range`. Without the standard library's rejection sampling, whose use of the generator is
  /// not promised to stay the same.
  mutating func number(_ range: ClosedRange<Int>) -> Int {
    let width = UInt64(range.upperBound - range.lowerBound) + 1
    return range.lowerBound + Int(next().multipliedFullWidth(by: width).high)
  }

  /// True in `percent` of 100 cases.
  mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

  /// - Parameter elements: not empty.
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(0...(elements.count - 1))] }
}
