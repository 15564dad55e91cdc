// OpenBLAS under comparison: f32 products. Threads by OPENBLAS_NUM_THREADS.
#include <cblas.h>

#include <memory>
#include <string>
#include <vector>

#include "aligned_values.hpp"
#include "server.hpp"

using namespace fovea::compare;

namespace {

struct Product {
  explicit Product(const MatmulProblem& problem)
      : size(static_cast<int>(problem.size)),
        a(operand(problem.count(), kASeed)),
        b(operand(problem.count(), kBSeed)),
        y(problem.count()) {}
  void run() {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, a.data(), size, b.data(), size, 0, y.data(), size);
  }

  int size;
  AlignedValues<float> a, b, y;
};

std::vector<Contender> matmul(const MatmulProblem& problem) {
  if (problem.precision != "f32") return {};
  auto work = std::make_shared<Product>(problem);
  return {{.name = "OpenBLAS",
           .detail = openblas_get_corename(),
           .run = [work] { work->run(); },
           .result = [work] { return std::vector<float>(work->y.data(), work->y.data() + work->y.count()); }}};
}

/// The number in "OpenBLAS 0.3.21 NO_LAPACKE ...".
std::string version() {
  const std::string configuration = openblas_get_config();
  const std::size_t start = configuration.find(' ') + 1;
  return configuration.substr(start, configuration.find(' ', start) - start);
}

}  // namespace

int main() { return serve({.name = "OpenBLAS", .version = version(), .conv2d = {}, .matmul = matmul}); }
