// oneDNN 2 under comparison: its kernels alone, with operands already in the layouts that its primitives ask for. Threads by
// OMP_NUM_THREADS.
#include <cstddef>
#include <dnnl.hpp>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "aligned_values.hpp"
#include "server.hpp"

using namespace fovea::compare;
using dnnl::memory;
using DataType = memory::data_type;
using Format = memory::format_tag;

namespace {

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

/// A primitive with its operands.
class Work {
 public:
  /// Brings an operand that is given in f32 in `plain` into the layout `wanted`.
  void add_input(int argument, const memory::desc& plain, OperandSeed seed, const memory::desc& wanted) {
    AlignedValues<float> values = operand(static_cast<std::int64_t>(plain.get_size() / sizeof(float)), seed);
    memory given(plain, engine(), values.data()), taken = allocate(wanted);
    dnnl::reorder(given, taken).execute(stream_, given, taken);
    stream_.wait();
    arguments_[argument] = taken;
  }
  void add_output(int argument, const memory::desc& plain, const memory::desc& wanted) {
    arguments_[argument] = output_ = allocate(wanted);
    plain_output_ = plain;
  }
  void add_scratchpad(const memory::desc& wanted) { arguments_[DNNL_ARG_SCRATCHPAD] = allocate(wanted); }
  void set_primitive(dnnl::primitive primitive) { primitive_ = std::move(primitive); }

  void run() {
    primitive_.execute(stream_, arguments_);
    stream_.wait();
  }

  std::vector<float> result() {
    std::vector<float> values(plain_output_.get_size() / sizeof(float));
    memory plain(plain_output_, engine(), values.data());
    dnnl::reorder(output_, plain).execute(stream_, output_, plain);
    stream_.wait();
    return values;
  }

 private:
  memory allocate(const memory::desc& desc) {
    buffers_.emplace_back(static_cast<std::int64_t>(desc.get_size()));
    return {desc, engine(), buffers_.back().data()};
  }

  dnnl::stream stream_{engine()};
  dnnl::primitive primitive_;
  std::unordered_map<int, memory> arguments_;
  std::vector<AlignedValues<std::byte>> buffers_;
  memory output_;
  memory::desc plain_output_;
};

Contender contender(const std::string& name, const std::string& detail, std::shared_ptr<Work> work) {
  return {.name = name, .detail = detail, .run = [work] { work->run(); }, .result = [work] { return work->result(); }};
}

/// The operands of a convolution in oneDNN's order of axes (n c h w, g k c r s).
struct ConvOperands {
  explicit ConvOperands(const ConvProblem& problem) {
    const std::int64_t k = problem.k / problem.groups, c = problem.c / problem.groups, r = problem.r, s = problem.s;
    x_dims = {problem.n, problem.c, problem.h, problem.w};
    y_dims = {problem.n, problem.k, problem.p(), problem.q()};
    filter_dims = problem.groups == 1 ? memory::dims{k, c, r, s} : memory::dims{problem.groups, k, c, r, s};
    const memory::dims grouped{k * r * s * c, r * s * c, 1, s * c, c};
    plain_x = {x_dims, DataType::f32, Format::nhwc};
    plain_y = {y_dims, DataType::f32, Format::nhwc};
    plain_filter = {filter_dims, DataType::f32, memory::dims(grouped.begin() + (problem.groups == 1), grouped.end())};
  }
  memory::dims x_dims, y_dims, filter_dims;
  memory::desc plain_x, plain_y, plain_filter;
};

/// `result_type` is that of a filter gradient; other results have the problem's.
Contender conv2d_by(dnnl::algorithm algorithm, DataType result_type, const std::string& name, const ConvProblem& problem) {
  const ConvOperands operands(problem);
  const DataType type = problem.precision == "bf16" ? DataType::bf16 : DataType::f32;
  const memory::desc x(operands.x_dims, type, Format::any), filter(operands.filter_dims, type, Format::any),
      y(operands.y_dims, type, Format::any);
  const memory::dims stride{problem.stride, problem.stride}, pad{problem.pad, problem.pad};
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::convolution_forward::primitive_desc forward({dnnl::prop_kind::forward_training, algorithm, x, filter, y, stride, pad, pad},
                                                          attributes, engine());
  auto work = std::make_shared<Work>();
  std::string detail;
  const auto take = [&](const auto& description, dnnl::primitive primitive) {
    work->set_primitive(std::move(primitive));
    work->add_scratchpad(description.scratchpad_desc());
    detail = description.impl_info_str();
  };
  switch (problem.pass) {
    case Pass::forward: {
      take(forward, dnnl::convolution_forward(forward));
      work->add_input(DNNL_ARG_SRC, operands.plain_x, kXSeed, forward.src_desc());
      work->add_input(DNNL_ARG_WEIGHTS, operands.plain_filter, kFilterSeed, forward.weights_desc());
      work->add_output(DNNL_ARG_DST, operands.plain_y, forward.dst_desc());
      break;
    }
    case Pass::backward_data: {
      const dnnl::convolution_backward_data::primitive_desc backward({algorithm, x, filter, y, stride, pad, pad}, attributes, engine(),
                                                                     forward);
      take(backward, dnnl::convolution_backward_data(backward));
      work->add_input(DNNL_ARG_DIFF_DST, operands.plain_y, kYSeed, backward.diff_dst_desc());
      work->add_input(DNNL_ARG_WEIGHTS, operands.plain_filter, kFilterSeed, backward.weights_desc());
      work->add_output(DNNL_ARG_DIFF_SRC, operands.plain_x, backward.diff_src_desc());
      break;
    }
    case Pass::backward_filter: {
      const memory::desc gradient(operands.filter_dims, result_type, Format::any);
      const dnnl::convolution_backward_weights::primitive_desc backward({algorithm, x, gradient, y, stride, pad, pad}, attributes, engine(),
                                                                        forward);
      take(backward, dnnl::convolution_backward_weights(backward));
      work->add_input(DNNL_ARG_SRC, operands.plain_x, kXSeed, backward.src_desc());
      work->add_input(DNNL_ARG_DIFF_DST, operands.plain_y, kYSeed, backward.diff_dst_desc());
      work->add_output(DNNL_ARG_DIFF_WEIGHTS, operands.plain_filter, backward.diff_weights_desc());
      break;
    }
  }
  return contender(name, detail, std::move(work));
}

std::vector<Contender> conv2d(const ConvProblem& problem) {
  std::vector<Contender> contenders;
  const auto add = [&](dnnl::algorithm algorithm, DataType result_type, const char* name) {
    try {
      contenders.push_back(conv2d_by(algorithm, result_type, name, problem));
    } catch (const dnnl::error& error) {
      if (error.status != dnnl_unimplemented) throw;  // no such kernel for this geometry or this machine
    }
  };
  if (problem.precision == "f32") {
    add(dnnl::algorithm::convolution_direct, DataType::f32, "oneDNN direct");
    add(dnnl::algorithm::convolution_winograd, DataType::f32, "oneDNN Winograd");
  } else {
    add(dnnl::algorithm::convolution_direct, DataType::bf16, "oneDNN direct");
    if (problem.pass == Pass::backward_filter) add(dnnl::algorithm::convolution_direct, DataType::f32, "oneDNN direct, f32 out");
  }
  return contenders;
}

/// With b in the layout that the primitive asks for: packed outside the timed part.
Contender matmul_to(DataType y_type, const std::string& name, const MatmulProblem& problem) {
  const DataType type = problem.precision == "bf16" ? DataType::bf16 : DataType::f32;
  const memory::dims dims{problem.size, problem.size};
  const memory::desc plain(dims, DataType::f32, Format::ab);
  const dnnl::matmul::primitive_desc product(
      {memory::desc(dims, type, Format::ab), memory::desc(dims, type, Format::any), memory::desc(dims, y_type, Format::ab)}, engine());
  auto work = std::make_shared<Work>();
  work->set_primitive(dnnl::matmul(product));
  work->add_input(DNNL_ARG_SRC, plain, kASeed, product.src_desc());
  work->add_input(DNNL_ARG_WEIGHTS, plain, kBSeed, product.weights_desc());
  work->add_output(DNNL_ARG_DST, plain, product.dst_desc());
  return contender(name, product.impl_info_str(), std::move(work));
}

std::vector<Contender> matmul(const MatmulProblem& problem) {
  if (problem.precision == "f32") return {matmul_to(DataType::f32, "oneDNN packed", problem)};
  return {matmul_to(DataType::f32, "oneDNN packed, f32 out", problem), matmul_to(DataType::bf16, "oneDNN packed, bf16 out", problem)};
}

}  // namespace

int main() {
  const dnnl_version_t* version = dnnl_version();
  return serve({.name = "oneDNN",
                .version = std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch),
                .conv2d = conv2d,
                .matmul = matmul});
}
