#include "fovea/training/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace fovea {

namespace {

constexpr const char* kEraseLine = "\r\x1b[K";
constexpr int kBarWidth = 24;
constexpr double kSmoothing = 0.95;

}  // namespace

std::string format_duration(double seconds) {
  const auto total = static_cast<std::int64_t>(std::lround(std::max(seconds, 0.0)));
  const std::int64_t hours = total / 3600, minutes = total / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, total % 60) : fmt::format("{}:{:02}", minutes, total % 60);
}

double seconds_left(const StepReport& report) {
  const auto done = static_cast<double>(report.epoch * report.steps + report.step + 1);
  const auto all = static_cast<double>(report.epochs * report.steps);
  return report.seconds / done * (all - done);
}

ProgressHook::ProgressHook(std::FILE* stream, ProgressStyle style)
    : stream_(stream), bar_(style == ProgressStyle::bar || (style == ProgressStyle::automatic && ::isatty(::fileno(stream)) == 1)) {}

void ProgressHook::on_step(const StepReport& report) {
  smoothed_loss_ = report.step == 0 && report.epoch == 0 ? report.loss : kSmoothing * smoothed_loss_ + (1 - kSmoothing) * report.loss;
  const bool last = report.step + 1 == report.steps;
  if (!bar_ || (!last && report.seconds - last_drawn_ < 0.1)) return;
  last_drawn_ = report.seconds;
  const auto filled = static_cast<int>(kBarWidth * (report.step + 1) / std::max<std::int64_t>(report.steps, 1));
  const std::string text =
      fmt::format("{}epoch {}/{} [{:#<{}}{:.<{}}] {}/{}  loss {:.4f}  {} left", kEraseLine, report.epoch + 1, report.epochs, "", filled, "",
                  kBarWidth - filled, report.step + 1, report.steps, smoothed_loss_, format_duration(seconds_left(report)));
  std::fputs(text.c_str(), stream_);
  std::fflush(stream_);
}

void ProgressHook::on_epoch(const EpochReport& report) {
  std::string text =
      fmt::format("{}epoch {}/{}  train_loss {:.4f}", bar_ ? kEraseLine : "", report.epoch + 1, report.epochs, report.train_loss);
  for (const auto& [name, value] : report.validation) text += fmt::format("  {} {:.4f}", name, value);
  text += fmt::format("  {}  {:.0f} images/s{}\n", format_duration(report.seconds), report.images_per_second, report.best ? "  best" : "");
  std::fputs(text.c_str(), stream_);
  std::fflush(stream_);
}

}  // namespace fovea
