import Datasets
import Sessions

extension Catalogue {
  /// A dataset by its name's text; nil until the centre has handed it out.
  func dataset(named text: String) -> DatasetDefinition? { DatasetName(text).flatMap { dataset($0)?.definition } }
}
