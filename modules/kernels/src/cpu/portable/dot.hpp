#pragma once

#include "cpu/emulated_dot.hpp"
