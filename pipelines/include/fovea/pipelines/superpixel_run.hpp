// Superpixels of a folder of images.
#pragma once

#include <filesystem>
#include <span>
#include <variant>

#include "fovea/base/json.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/pipelines/directory_run.hpp"
#include "fovea/superpixels/felzenszwalb.hpp"
#include "fovea/superpixels/slic.hpp"

namespace fovea {

struct SuperpixelRunOptions {
  std::variant<FelzenszwalbOptions, SlicOptions> method;
  std::filesystem::path out;   ///< the results folder
  std::filesystem::path base;  ///< results are named by the path below this folder
  bool pictures = true;        ///< boundaries/ and means/
  int workers = 1;
};

/// Writes into `out`: labels/NAME.png (16 bit, regions from 0 in scan order), boundaries/NAME.png (the regions' outlines on the image),
/// means/NAME.png (each region in its mean colour), regions/NAME.csv (label, area, perimeter, box, centroid, mean colour), failed.jsonl and
/// manifest.json. An image with more regions than a 16-bit PNG can number (65,536) fails, and nothing is written for it. Throws OptionError
/// for options that the method refuses, FileError when a folder or list of results cannot be written.
DirectoryRunSummary run_superpixels(std::span<const std::filesystem::path> files, const SuperpixelRunOptions& options,
                                    const Threads& threads);

}  // namespace fovea
