// Eigen under comparison: f32 products. Threads by OMP_NUM_THREADS.
#include <Eigen/Core>
#include <memory>
#include <string>
#include <vector>

#include "aligned_values.hpp"
#include "server.hpp"

using namespace fovea::compare;

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Product {
  explicit Product(const MatmulProblem& problem)
      : size(problem.size), a(operand(problem.count(), kASeed)), b(operand(problem.count(), kBSeed)), y(problem.count()) {}
  void run() {
    Eigen::Map<Matrix>(y.data(), size, size).noalias() =
        Eigen::Map<const Matrix>(a.data(), size, size) * Eigen::Map<const Matrix>(b.data(), size, size);
  }

  Eigen::Index size;
  AlignedValues<float> a, b, y;
};

std::vector<Contender> matmul(const MatmulProblem& problem) {
  if (problem.precision != "f32") return {};
  auto work = std::make_shared<Product>(problem);
  return {{.name = "Eigen",
           .detail = Eigen::SimdInstructionSetsInUse(),
           .run = [work] { work->run(); },
           .result = [work] { return std::vector<float>(work->y.data(), work->y.data() + work->y.count()); }}};
}

}  // namespace

int main() {
  const std::string version =
      std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." + std::to_string(EIGEN_MINOR_VERSION);
  return serve({.name = "Eigen", .version = version, .conv2d = {}, .matmul = matmul});
}
