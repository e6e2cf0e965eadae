import Collectors
import Datasets
import HTTPServing
import HTTPTypes

extension IntakeRefusal {
  var status: HTTPResponse.Status {
    switch code {
    case .bufferFull: .insufficientStorage
    case .unavailable: .serviceUnavailable
    case .notPermitted: .forbidden
    case .unknownDataset: .notFound
    }
  }
}

extension HTTPProblem {
  init(_ refusal: IntakeRefusal, language: Language) {
    self.init(refusal.status, refusal.code.rawValue, refusal.message, language: language)
  }
}
