-- What pandoc found in a document, as records that read_document.py puts together: U+001E ends a record, U+001F
-- divides its kind from its text. Kinds: H1..H6 heading, P paragraph, V lines that stay as they are, E empty, B border.
-- Images, notes, tables of contents and the marks that point to them are left out.

local records = {}
local MARK = "\u{E000}" -- stands in a paragraph that was empty, for formats whose empty ones pandoc drops
local BORDER = "\u{E001}" -- the paragraph that read_document.py puts before and after a text box
local VERSE = { "stanza", "verse", "poem", "estrofa", "verso", "poema", "linegroup", "strophe" }

local function add(kind, text)
  records[#records + 1] = kind .. "\u{1F}" .. text:gsub("[\u{1E}\u{1F}]", " ")
end

local function is_note_mark(link)
  return pandoc.utils.stringify(link):match("^[%[%(]?[%d%*]+[%]%)]?$") ~= nil
end

local function only_points_inside(block)
  if block.t ~= "Para" and block.t ~= "Plain" then return false end
  local links = 0
  for _, inline in ipairs(block.content) do
    if inline.t == "Link" and inline.target:sub(1, 1) == "#" then
      links = links + 1
    elseif inline.t ~= "Space" and inline.t ~= "SoftBreak" and inline.t ~= "LineBreak" then
      return false
    end
  end
  return links > 0
end

local function is_apparatus(div)
  local style = (div.attributes["custom-style"] or ""):lower()
  local role = div.attributes["role"] or div.attributes["epub:type"] or ""
  if style:match("^toc") or style:match("^contents") or role:match("toc") or role:match("note") then return true end
  for _, class in ipairs(div.classes) do
    class = class:lower()
    if class == "toc" or class == "footnotes" or class == "endnotes" then return true end
  end
  return div.identifier:lower() == "toc"
end

local function is_verse(div)
  for _, class in ipairs(div.classes) do
    for _, name in ipairs(VERSE) do
      if class:lower() == name then return true end
    end
  end
  return false
end

local function text_of(inlines)
  local said = pandoc.utils.stringify(pandoc.Inlines(inlines):walk({
    Note = function() return {} end,
    Image = function() return {} end,
    LineBreak = function() return pandoc.Str("\n") end,
    RawInline = function() return {} end,
    Link = function(link) if is_note_mark(link) and link.target:find("#", 1, true) then return {} end end,
  }))
  return said
end

local walk

local function table_rows(block)
  local plain, rows = true, {}
  local groups = { block.head.rows }
  for _, body in ipairs(block.bodies) do
    groups[#groups + 1] = body.head
    groups[#groups + 1] = body.body
  end
  groups[#groups + 1] = block.foot.rows
  for _, group in ipairs(groups) do
    for _, row in ipairs(group) do
      local cells = {}
      for _, cell in ipairs(row.cells) do
        plain = plain and #cell.contents <= 1
        cells[#cells + 1] = cell.contents
      end
      rows[#rows + 1] = cells
    end
  end
  return plain, rows
end

local function add_table(block)
  local plain, rows = table_rows(block)
  local lines = {}
  for _, cells in ipairs(rows) do
    local said = {}
    for _, blocks in ipairs(cells) do
      if plain then
        said[#said + 1] = blocks[1] and blocks[1].content and text_of(pandoc.utils.blocks_to_inlines(blocks)) or ""
      else
        walk(blocks) -- a page laid out with tables
        add("B", "")
      end
    end
    if plain then lines[#lines + 1] = table.concat(said, " | ") end
  end
  if plain then add("V", table.concat(lines, "\n")) end
end

local function add_list(items)
  local kept = {}
  for _, item in ipairs(items) do
    if not (#item == 1 and only_points_inside(item[1])) then kept[#kept + 1] = item end
  end
  local lines = {}
  for _, item in ipairs(kept) do
    if #item == 1 and item[1].content and (item[1].t == "Plain" or item[1].t == "Para") then
      lines[#lines + 1] = "- " .. text_of(item[1].content)
    else
      if #lines > 0 then add("V", table.concat(lines, "\n")) end
      lines = {}
      walk(item)
    end
  end
  if #lines > 0 then add("V", table.concat(lines, "\n")) end
end

local function add_div(div)
  if is_apparatus(div) then return end
  local style = div.attributes["custom-style"] or ""
  if style == "Title" or style == "Subtitle" then
    add("H1", text_of(pandoc.utils.blocks_to_inlines(div.content)))
  elseif is_verse(div) then
    add("E", "")
    walk(div.content)
    add("E", "")
  else
    if style == "" then add("B", "") end
    walk(div.content)
    if style == "" then add("B", "") end
  end
end

walk = function(blocks)
  for _, block in ipairs(blocks) do
    local kind = block.t
    if kind == "Header" then
      add("H" .. math.min(block.level, 6), text_of(block.content))
    elseif kind == "Para" or kind == "Plain" then
      if not only_points_inside(block) then
        local text = text_of(block.content)
        local bare = text:gsub(MARK, ""):gsub("\u{A0}", " ")
        if bare == BORDER then
          add("B", "")
        elseif bare:match("%S") then
          add("P", bare)
        elseif #block.content == 0 or text ~= "" then
          add("E", "")
        end
      end
    elseif kind == "LineBlock" then
      local lines = {}
      for _, line in ipairs(block.content) do lines[#lines + 1] = text_of(line) end
      add("V", table.concat(lines, "\n"))
    elseif kind == "CodeBlock" then
      add("V", block.text)
    elseif kind == "BlockQuote" then
      walk(block.content)
    elseif kind == "Div" then
      add_div(block)
    elseif kind == "HorizontalRule" then
      add("V", "* * *")
    elseif kind == "BulletList" or kind == "OrderedList" then
      add_list(block.content)
    elseif kind == "DefinitionList" then
      for _, item in ipairs(block.content) do
        add("P", text_of(item[1]))
        for _, definition in ipairs(item[2]) do walk(definition) end
      end
    elseif kind == "Table" then
      add_table(block)
    end
  end
end

function Pandoc(doc)
  -- Word's first paragraphs in the style "Title" are taken for the document's description; they are text.
  if os.getenv("DOCUMENT_TITLE") == "1" then
    for _, name in ipairs({ "title", "subtitle" }) do
      if doc.meta[name] then add("H1", pandoc.utils.stringify(doc.meta[name])) end
    end
  end
  walk(doc.blocks)
  return pandoc.Pandoc({ pandoc.RawBlock("plain", table.concat(records, "\u{1E}")) })
end
