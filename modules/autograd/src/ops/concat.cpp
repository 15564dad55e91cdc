#include "fovea/autograd/ops/concat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "ops/checks.hpp"

namespace fovea {

namespace {

/// `rows` runs of `bytes` bytes each, so many bytes apart.
void copy_rows(std::int64_t rows, std::size_t bytes, const std::byte* from, std::size_t from_pitch, std::byte* to, std::size_t to_pitch) {
  constexpr std::int64_t kRowsPerBlock = 512;
  if (bytes == 0) return;
  parallel_for(kernels::Context::current().threads(), rows, kRowsPerBlock, [&](std::int64_t begin, std::int64_t end) {
    for (auto row = static_cast<std::size_t>(begin); row < static_cast<std::size_t>(end); ++row)
      std::memcpy(to + row * to_pitch, from + row * from_pitch, bytes);
  });
}

class Concat final : public Function {
 public:
  const char* name() const override { return "concat"; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    if (in.empty()) throw ShapeError("[concat] wants at least one input");
    const Shape& first = in[0].shape;
    check_activation(name(), in[0]);
    if (first.rank() < 1) throw ShapeError("[concat] wants at least one axis, found a scalar");
    const auto outer = static_cast<std::size_t>(first.rank() - 1);
    std::int64_t channels = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const Shape& shape = in[i].shape;
      if (shape.rank() != first.rank() || !std::ranges::equal(shape.extents().first(outer), first.extents().first(outer)))
        throw ShapeError(fmt::format("[concat] input {} has shape {}, but all axes except the last are to be as in input 0: {}", i,
                                     shape.to_string(), first.to_string()));
      check_same_dtype(name(), fmt::format("input {}", i).c_str(), in[i], in[0]);
      channels += shape.at(-1);
    }
    std::vector<std::int64_t> extents(first.begin(), first.end());
    extents.back() = channels;
    return {{Shape(extents), in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    const std::size_t pitch = bytes_per_row(y.spec());
    std::size_t offset = 0;
    for (const Tensor& x : in) {
      const std::size_t bytes = bytes_per_row(x.spec());
      copy_rows(rows_of(x.shape()), bytes, static_cast<const std::byte*>(x.raw_data()), bytes,
                static_cast<std::byte*>(y.raw_data()) + offset, pitch);
      offset += bytes;
      specs_.push_back(x.spec());
    }
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const std::size_t pitch = bytes_per_row(dy[0].spec());
    std::vector<Tensor> gradients(specs_.size());
    std::size_t offset = 0;
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      const std::size_t bytes = bytes_per_row(specs_[i]);
      if (needs_gradient(i)) {
        gradients[i] = Tensor::empty(specs_[i].shape, specs_[i].dtype);
        copy_rows(rows_of(specs_[i].shape), bytes, static_cast<const std::byte*>(dy[0].raw_data()) + offset, pitch,
                  static_cast<std::byte*>(gradients[i].raw_data()), bytes);
      }
      offset += bytes;
    }
    return gradients;
  }

 private:
  static std::size_t bytes_per_row(const TensorSpec& spec) { return static_cast<std::size_t>(spec.shape.at(-1)) * size_of(spec.dtype); }
  static std::int64_t rows_of(const Shape& shape) { return shape.at(-1) == 0 ? 0 : shape.numel() / shape.at(-1); }

  std::vector<TensorSpec> specs_;
};

}  // namespace

Variable concat(std::span<const Variable> inputs) { return fovea::apply(std::make_unique<Concat>(), inputs).front(); }

}  // namespace fovea
