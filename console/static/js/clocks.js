// A page whose only moving parts are its clocks.
import * as clock from "./clock.js";

clock.run();
