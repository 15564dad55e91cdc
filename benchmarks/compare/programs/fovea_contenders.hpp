// fovea's kernels as contenders, for any element type of the kernel table. With bf16, filters and products are f32.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "aligned_values.hpp"
#include "fovea/kernels/kernel_table.hpp"
#include "problem.hpp"
#include "server.hpp"

namespace fovea::compare {

template <class T>
std::vector<float> as_floats(const AlignedValues<T>& values) {
  std::vector<float> floats(static_cast<std::size_t>(values.count()));
  for (std::int64_t i = 0; i < values.count(); ++i) floats[static_cast<std::size_t>(i)] = static_cast<float>(values[i]);
  return floats;
}

/// One pass on plain operands. The filter of a forward pass is packed before, once, as a layer does in inference and as the peers'
/// filters are brought into their layouts before.
template <class T>
class FoveaConv2d {
 public:
  FoveaConv2d(kernels::Context& context, const ConvProblem& problem)
      : context_(context),
        pass_(static_cast<kernels::Conv2dPass>(problem.pass)),
        shape_(shape_of(problem)),
        x_(operand<T>(problem.x_count(), kXSeed)),
        y_(operand<T>(problem.y_count(), kYSeed)),
        filter_(operand<kernels::WeightOf<T>>(problem.filter_count(), kFilterSeed)),
        packed_(static_cast<std::int64_t>(conv2d_.packed_filter_bytes(shape_))) {
    conv2d_.pack_filter(context_, shape_, filter_.data(), packed_.data());
  }

  void run() {
    void* workspace = context_.workspace(conv2d_.workspace_bytes(context_, shape_, pass_));
    switch (pass_) {
      case kernels::Conv2dPass::forward:
        conv2d_.forward(context_, shape_, x_.data(), packed_.data(), {}, y_.data(), workspace);
        break;
      case kernels::Conv2dPass::backward_data:
        conv2d_.backward_data(context_, shape_, y_.data(), filter_.data(), x_.data(), workspace);
        break;
      case kernels::Conv2dPass::backward_filter:
        conv2d_.backward_filter(context_, shape_, x_.data(), y_.data(), filter_.data(), workspace);
        break;
    }
  }

  std::vector<float> result() const {
    if (pass_ == kernels::Conv2dPass::backward_filter) return as_floats(filter_);
    return as_floats(pass_ == kernels::Conv2dPass::forward ? y_ : x_);
  }

 private:
  static kernels::Conv2dShape shape_of(const ConvProblem& problem) {
    return {.n = problem.n,
            .h = problem.h,
            .w = problem.w,
            .c = problem.c,
            .k = problem.k,
            .r = problem.r,
            .s = problem.s,
            .p = problem.p(),
            .q = problem.q(),
            .stride_h = problem.stride,
            .stride_w = problem.stride,
            .pad_top = problem.pad,
            .pad_left = problem.pad,
            .groups = problem.groups,
            .x_pitch = problem.c,
            .y_pitch = problem.k,
            .choice = kernels::conv2d_choice(/*training=*/true)};
  }

  const kernels::Conv2dKernels<T>& conv2d_ = kernels::table().of<T>().conv2d;
  kernels::Context& context_;
  kernels::Conv2dPass pass_;
  kernels::Conv2dShape shape_;
  AlignedValues<T> x_, y_;
  AlignedValues<kernels::WeightOf<T>> filter_;
  AlignedValues<std::byte> packed_;
};

/// The product of plain operands. The kernel's contract takes them as they are: what it packs, it packs inside the timed part.
template <class T>
class FoveaMatmul {
 public:
  FoveaMatmul(kernels::Context& context, const MatmulProblem& problem)
      : context_(context),
        shape_{.m = problem.size,
               .n = problem.size,
               .k = problem.size,
               .a_stride = problem.size,
               .b_stride = problem.size,
               .y_stride = problem.size},
        a_(operand<T>(problem.count(), kASeed)),
        b_(operand<T>(problem.count(), kBSeed)),
        y_(problem.count()) {}

  void run() {
    matmul_.forward(context_, shape_, a_.data(), b_.data(), {}, y_.data(), context_.workspace(matmul_.workspace_bytes(context_, shape_)));
  }

  std::vector<float> result() const { return as_floats(y_); }

 private:
  const kernels::MatmulKernels<T>& matmul_ = kernels::table().of<T>().matmul;
  kernels::Context& context_;
  kernels::MatmulShape shape_;
  AlignedValues<T> a_, b_;
  AlignedValues<kernels::WeightOf<T>> y_;
};

template <class Work>
std::vector<Contender> contender(std::shared_ptr<Work> work) {
  return {{.name = "fovea", .detail = kernels::table().name, .run = [work] { work->run(); }, .result = [work] { return work->result(); }}};
}

/// None where the machine has no kernel but the reference, which is not written to be fast.
template <class T>
std::vector<Contender> fovea_conv2d(kernels::Context& context, const ConvProblem& problem) {
  if (kernels::table().of<T>().conv2d.forward == kernels::reference_table().of<T>().conv2d.forward) return {};
  return contender(std::make_shared<FoveaConv2d<T>>(context, problem));
}

template <class T>
std::vector<Contender> fovea_matmul(kernels::Context& context, const MatmulProblem& problem) {
  if (kernels::table().of<T>().matmul.forward == kernels::reference_table().of<T>().matmul.forward) return {};
  return contender(std::make_shared<FoveaMatmul<T>>(context, problem));
}

}  // namespace fovea::compare
