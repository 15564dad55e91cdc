// How an operation is written: a class with `infer`, `forward` and, right below it, `backward`.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "fovea/autograd/variable.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// A tensor kept for the backward pass, with the version it had. Of one with a recipe only that is kept: the tensor may go, and is
/// computed again when it is read.
class SavedTensor {
 public:
  SavedTensor() = default;
  explicit SavedTensor(const Tensor& tensor);
  /// The tensor. Throws Error naming `reader` and the operation that has changed the tensor (or what its recipe reads) in place since it
  /// was saved.
  const Tensor& get(const char* reader) const;

 private:
  mutable Tensor tensor_;
  std::uint64_t version_ = 0;
  TensorSpec spec_;
  WeakTensor original_;
  std::shared_ptr<const Recipe> recipe_;
};

using AttributeValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>>;
/// The settings of an operation, for export and inspection.
using Attributes = std::vector<std::pair<std::string, AttributeValue>>;

/// One application of an operation. Derived classes keep their settings and saved tensors as members.
///
///     class InverseSquareRoot final : public Function {
///       const char* name() const override { return "inverse_square_root"; }
///       std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override { return {in[0]}; }
///       std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override { ... y_ = SavedTensor(y);
///       return {y}; } std::vector<Tensor> backward(std::span<const Tensor> dy) override { ... return {dx}; } SavedTensor y_;
///     };
class Function {
 public:
  virtual ~Function() = default;

  /// The name that errors and exports use; a string literal.
  virtual const char* name() const = 0;
  /// Checks the inputs and gives the outputs' shapes and types, without data. Throws ShapeError.
  virtual std::vector<TensorSpec> infer(std::span<const TensorSpec> inputs) const = 0;
  virtual std::vector<Tensor> forward(std::span<const Tensor> inputs, std::span<const TensorSpec> outputs) = 0;
  /// Gradients of the inputs from those of the outputs (undefined for outputs that nothing depends on). An undefined tensor means no
  /// gradient; inputs for which needs_gradient() is false need none. The memory of an output gradient that nothing else holds is the
  /// function's to overwrite and to hand on (ops/memory_reuse.hpp).
  virtual std::vector<Tensor> backward(std::span<const Tensor> output_gradients) = 0;
  virtual Attributes attributes() const { return {}; }

 protected:
  /// Whether a gradient of input `index` is wanted.
  bool needs_gradient(std::size_t index) const { return index < needs_gradient_.size() && needs_gradient_[index]; }
  /// Whether a backward pass may follow: worth saving for.
  bool records() const { return !needs_gradient_.empty(); }
  /// saved.get(name()), for the last time in a backward pass: unless the graph is kept, `saved` lets go of the tensor, so that its memory
  /// can serve the gradients that are computed after it.
  Tensor take(SavedTensor& saved) const;

 private:
  friend class GraphAccess;
  std::vector<bool> needs_gradient_;  // empty when nothing is recorded
  bool graph_is_kept_ = false;        // set before backward
};

/// The one way to run an operation: checks shapes, computes, records history if gradients are on and wanted, tells the recorder.
std::vector<Variable> apply(std::unique_ptr<Function> function, std::span<const Variable> inputs);

/// For operations with one output.
template <class F, class... Inputs>
Variable apply_one(std::unique_ptr<F> function, const Inputs&... inputs) {
  const Variable list[] = {inputs...};
  return std::move(fovea::apply(std::move(function), list).front());  // qualified: std::apply would match too
}

/// Sees every operation of its thread, whether or not gradients are on.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void record(const Function& function, std::span<const Variable> inputs, std::span<const Variable> outputs) = 0;
};

/// Makes `recorder` the thread's recorder for the guard's lifetime.
class RecorderGuard {
 public:
  explicit RecorderGuard(Recorder& recorder);
  ~RecorderGuard();
  RecorderGuard(const RecorderGuard&) = delete;
  RecorderGuard& operator=(const RecorderGuard&) = delete;

 private:
  Recorder* previous_;
};

}  // namespace fovea
