// What the machine itself can do, to hold every other figure against: arithmetic peaks and memory bandwidth.
//
//   compare_hardware THREADS [peaks]      the arithmetic alone, about a second
//
// Prints JSON lines {"what", "unit", "threads", "median", "best"}. The peaks are loops of independent instructions on registers in
// assembly, so that no compiler has a say.
#include <cpuid.h>
#include <immintrin.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "aligned_values.hpp"

using fovea::compare::AlignedValues;

namespace {

/// Seconds of one call.
double time_of(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Runs rate(thread) on `threads` threads at once, each on a processor of its own, seven times; prints the sums.
void report(const char* what, const char* unit, int threads, const std::function<double(int)>& rate) {
  std::vector<double> sums;
  for (int repetition = 0; repetition < 7; ++repetition) {
    std::vector<double> rates(static_cast<std::size_t>(threads));
    std::vector<std::thread> workers;
    std::barrier<> together(threads);
    for (int thread = 0; thread < threads; ++thread)
      workers.emplace_back([&, thread] {
        cpu_set_t processors;
        CPU_ZERO(&processors);
        CPU_SET(static_cast<unsigned>(thread), &processors);
        sched_setaffinity(0, sizeof processors, &processors);  // best effort: without it the figure is only less steady
        together.arrive_and_wait();
        rates[static_cast<std::size_t>(thread)] = rate(thread);
      });
    for (std::thread& worker : workers) worker.join();
    double sum = 0;
    for (const double r : rates) sum += r;
    sums.push_back(sum);
  }
  std::sort(sums.begin(), sums.end());
  std::printf("{\"what\": \"%s\", \"unit\": \"%s\", \"threads\": %d, \"median\": %.6g, \"best\": %.6g}\n", what, unit, threads,
              sums[sums.size() / 2], sums.back());
  std::fflush(stdout);
}

// Twelve independent accumulators hide the latency of two units on every core known.
#define FOVEA_TWELVE(instruction, kind) \
  ".irp n,0,1,2,3,4,5,6,7,8,9,10,11\n\t" instruction " %%" kind "15,%%" kind "14,%%" kind "\\n\n\t.endr"
#define FOVEA_CLOBBERS "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm14", "xmm15"

constexpr int kRounds = 2'000'000;

double fma_avx2() {
  asm volatile("vpxor %%xmm14,%%xmm14,%%xmm14\n\tvpxor %%xmm15,%%xmm15,%%xmm15" ::: FOVEA_CLOBBERS);
  return kRounds * 12.0 * 8 * 2 * 1e-9 / time_of([] {
           for (int i = 0; i < kRounds; ++i) asm volatile(FOVEA_TWELVE("vfmadd231ps", "ymm")::: FOVEA_CLOBBERS);
         });
}

double fma_avx512() {
  asm volatile("vpxor %%xmm14,%%xmm14,%%xmm14\n\tvpxor %%xmm15,%%xmm15,%%xmm15" ::: FOVEA_CLOBBERS);
  return kRounds * 12.0 * 16 * 2 * 1e-9 / time_of([] {
           for (int i = 0; i < kRounds; ++i) asm volatile(FOVEA_TWELVE("vfmadd231ps", "zmm")::: FOVEA_CLOBBERS);
         });
}

double bf16_dot_avx512() {
  asm volatile("vpxor %%xmm14,%%xmm14,%%xmm14\n\tvpxor %%xmm15,%%xmm15,%%xmm15" ::: FOVEA_CLOBBERS);
  return kRounds * 12.0 * 32 * 2 * 1e-9 / time_of([] {
           for (int i = 0; i < kRounds; ++i) asm volatile(FOVEA_TWELVE("vdpbf16ps", "zmm")::: FOVEA_CLOBBERS);
         });
}

/// Eight tiles of 16 rows of 64 bytes.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// 2x2 tiles of results, whose four operand tiles come from the first-level cache every time, as in a product.
double amx_bf16() {
  alignas(64) static thread_local std::uint8_t tiles[4 * 1024] = {};
  const TileConfiguration configuration;
  asm volatile("ldtilecfg %0" ::"m"(configuration));
  const double seconds = time_of([] {
    for (int i = 0; i < kRounds / 10; ++i)
      asm volatile(
          "tileloadd (%0,%1,1),%%tmm4\n\ttileloadd 1024(%0,%1,1),%%tmm6\n\ttdpbf16ps %%tmm6,%%tmm4,%%tmm0\n\t"
          "tileloadd 2048(%0,%1,1),%%tmm7\n\ttdpbf16ps %%tmm7,%%tmm4,%%tmm1\n\t"
          "tileloadd 3072(%0,%1,1),%%tmm5\n\ttdpbf16ps %%tmm6,%%tmm5,%%tmm2\n\ttdpbf16ps %%tmm7,%%tmm5,%%tmm3" ::"r"(tiles),
          "r"(std::uint64_t{64})
          : "memory");
  });
  asm volatile("tilerelease");
  return kRounds / 10 * 4.0 * 16 * 16 * 32 * 2 * 1e-9 / seconds;
}

/// True when the processor has AMX with bf16 and the system lets this process use it.
bool amx_is_granted() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  constexpr unsigned kBf16 = 1U << 22, kTiles = 1U << 24;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return (d & kBf16) && (d & kTiles) && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

enum class Traffic : std::uint8_t { read, copy, streaming_copy };

using Vector = float __attribute__((vector_size(64), aligned(64)));

__attribute__((target_clones("avx512f", "avx2", "default"))) void read(const Vector* from, std::int64_t vectors) {
  Vector a{}, b{}, c{}, d{};
  for (std::int64_t i = 0; i < vectors; i += 4) {
    a += from[i];
    b += from[i + 1];
    c += from[i + 2];
    d += from[i + 3];
  }
  const Vector sum = a + b + c + d;
  asm volatile("" ::"m"(sum) : "memory");
}

__attribute__((target_clones("avx512f", "avx2", "default"))) void copy(const Vector* from, Vector* to, std::int64_t vectors) {
  for (std::int64_t i = 0; i < vectors; ++i) to[i] = from[i];
  asm volatile("" ::: "memory");
}

/// Past the caches: memory that is written need not be read before.
__attribute__((target("avx"))) void streaming_copy(const float* from, float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += 8) _mm256_stream_ps(to + i, _mm256_load_ps(from + i));
  _mm_sfence();
}

void move(Traffic traffic, const AlignedValues<float>& from, AlignedValues<float>& to) {
  const auto* source = reinterpret_cast<const Vector*>(from.data());
  const std::int64_t vectors = from.count() / 16;
  if (traffic == Traffic::read) read(source, vectors);
  if (traffic == Traffic::copy) copy(source, reinterpret_cast<Vector*>(to.data()), vectors);
  if (traffic == Traffic::streaming_copy) streaming_copy(from.data(), to.data(), from.count());
}

/// GB/s of every thread on arrays of its own; a copy counts what it reads and what it writes.
void report_bandwidth(const char* level, std::int64_t bytes, int threads, const std::vector<Traffic>& kinds) {
  const std::int64_t count = bytes / static_cast<std::int64_t>(sizeof(float));
  std::vector<AlignedValues<float>> from, to;
  for (int thread = 0; thread < threads; ++thread) {
    for (std::vector<AlignedValues<float>>* arrays : {&from, &to}) {
      arrays->emplace_back(count);
      std::fill_n(arrays->back().data(), count, 1.0F);
    }
  }
  const std::int64_t passes = std::max<std::int64_t>(1, (std::int64_t{256} << 20) / bytes);
  for (const Traffic traffic : kinds) {
    const char* name = traffic == Traffic::read ? "read" : traffic == Traffic::copy ? "copy" : "streaming copy";
    const double streams = traffic == Traffic::read ? 1 : 2;
    report((std::string(level) + " " + name).c_str(), "GB/s", threads, [&](int thread) {
      const std::size_t i = static_cast<std::size_t>(thread);
      return streams * static_cast<double>(bytes * passes) * 1e-9 / time_of([&] {
               for (std::int64_t pass = 0; pass < passes; ++pass) move(traffic, from[i], to[i]);
             });
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1;
  const bool only_peaks = argc > 2 && std::string(argv[2]) == "peaks";
  if (__builtin_cpu_supports("fma")) report("f32 FMA, AVX2", "GFLOP/s", threads, [](int) { return fma_avx2(); });
  if (__builtin_cpu_supports("avx512f")) report("f32 FMA, AVX-512", "GFLOP/s", threads, [](int) { return fma_avx512(); });
  if (__builtin_cpu_supports("avx512bf16")) report("bf16 dot, AVX-512", "GFLOP/s", threads, [](int) { return bf16_dot_avx512(); });
  if (amx_is_granted()) report("bf16 tiles, AMX", "GFLOP/s", threads, [](int) { return amx_bf16(); });
  if (only_peaks || !__builtin_cpu_supports("avx2")) return 0;
  // The third level's size as the system tells it is often that of the whole host: 8 MiB a thread fit any that is shared by few.
  report_bandwidth("L2 (512 KiB a thread)", std::int64_t{512} << 10, threads, {Traffic::read});
  report_bandwidth("L3 (8 MiB a thread)", std::int64_t{8} << 20, threads, {Traffic::read});
  report_bandwidth("DRAM (256 MiB a thread)", std::int64_t{256} << 20, threads, {Traffic::read, Traffic::copy, Traffic::streaming_copy});
}
