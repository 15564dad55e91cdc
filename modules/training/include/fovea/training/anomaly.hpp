// Finding where the first number that is not finite comes from.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// Whether all elements of a floating tensor are finite; others always are.
bool is_finite(const Tensor& tensor);

/// The first operation that gave something that is not finite.
struct Anomaly {
  std::string operation;           ///< "log"
  std::string layer;               ///< "features.2"; "" outside of all layers
  bool backward = false;           ///< its gradient, not its output
  std::string parameter;           ///< one that it reads and that is not finite already; "" when there is none
  std::vector<std::int64_t> rows;  ///< entries along the first axis of the output that have such numbers: samples, while it has an
                                   ///< axis for these
  std::int64_t all_rows = 0;

  /// "[log] in layer "features.2", forward"
  std::string describe() const;
};

/// The names of the anomaly's rows when it has one for each sample, else all.
std::vector<std::string> samples_of(const std::vector<std::string>& names, const Anomaly& anomaly);
/// "  in 1 of 8 samples of the batch: cats/3.png" on a line of its own, for messages. "" without names.
std::string describe_samples(const std::vector<std::string>& names, const Anomaly& anomaly);

/// Runs `loss`, and its backward pass when all went well, watching every operation. Nothing when all numbers are finite, or
/// when the loss is undefined. Gradients are
/// added to those of the parameters.
std::optional<Anomaly> find_anomaly(const Module& model, const std::function<Variable()>& loss);

/// The same for work that must go on as usual: throws AnomalyError at the first such number.
class AnomalyError : public Error {
 public:
  explicit AnomalyError(Anomaly found) : Error(found.describe()), anomaly_(std::move(found)) {}
  const Anomaly& anomaly() const { return anomaly_; }

 private:
  Anomaly anomaly_;
};

/// For its lifetime every operation on this thread is watched, forward and backward.
class AnomalyGuard {
 public:
  explicit AnomalyGuard(const Module& model);
  ~AnomalyGuard();
  AnomalyGuard(const AnomalyGuard&) = delete;
  AnomalyGuard& operator=(const AnomalyGuard&) = delete;

 private:
  struct Watch;
  std::unique_ptr<Watch> watch_;
};

}  // namespace fovea
